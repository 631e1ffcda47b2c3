import type {
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
} from '../../generated/discovery-v1.generated.ts';
import { isCanonicalIp, isEndpointIp, isIp, isV6, parseIp } from '../../ip.ts';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../names.ts';
import { immutable, kindValidation } from '../kind-validation.ts';
import { labels } from '../label-selector.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { protocol } from '../pod/containers.ts';
import { type Check, each, optional, requiredEnum, Seen, valid } from '../rules.ts';
import { sameValue } from '../same-value.ts';

const most = { endpoints: 1000, addresses: 100, ports: 20_000, hints: 8, topology: 16 };

function ports(list: readonly EndpointPort[] | undefined, at: Place): void {
  if (list && list.length > most.ports) return at.tooMany(list.length, most.ports);
  const names = new Seen();
  each<EndpointPort>((port, place) => {
    const { name = '', appProtocol } = port;
    if (name) place.child('name').invalidEach(name, isDns1123Label(name));
    if (!names.add(name)) place.child('name').duplicate(name);
    protocol(port.protocol, place.child('protocol'));
    optional(valid(isQualifiedName))(appProtocol, place.child('appProtocol'));
  })(list, at);
}

/** Addresses of the wrong family are reported at the list. */
function addresses(list: readonly string[], type: string, at: Place): void {
  for (const [index, address] of list.entries()) {
    const place = at.index(index);
    if (type === 'FQDN') fullName(address, place);
    if (type !== 'IPv4' && type !== 'IPv6') continue;
    const messages = type === 'IPv4' ? isIp(address) : isCanonicalIp(address);
    place.invalidEach(address, messages);
    const parsed = parseIp(address);
    if (messages.length > 0 || !parsed) continue;
    if (isV6(parsed) !== (type === 'IPv6')) at.invalid(address, `must be an ${type} address`);
    place.invalidEach(address, isEndpointIp(address));
  }
}

/** A domain name of at least two labels, with or without the root's dot; one problem is told. */
function fullName(text: string, at: Place): void {
  if (text === '') return at.required();
  const name = text.replace(/\.$/, '');
  const messages = isDns1123Subdomain(name);
  if (messages.length > 0) return at.invalid(name, messages.join(','));
  const parts = name.split('.');
  if (parts.length < 2) {
    return at.invalid(name, 'should be a domain with at least two segments separated by dots');
  }
  const wrong = parts.find((part) => isDns1123Label(part).length > 0);
  if (wrong !== undefined) at.invalid(wrong, isDns1123Label(wrong).join(','));
}

function endpoint(given: Endpoint, type: string, at: Place): void {
  const list = given.addresses ?? [];
  const place = at.child('addresses');
  if (list.length === 0) place.declared.required();
  else if (list.length > most.addresses) place.declared.tooMany(list.length, most.addresses);
  addresses(list, type, place);
  optional(valid(isDns1123Subdomain))(given.nodeName, at.child('nodeName'));
  const topology = given.deprecatedTopology ?? {};
  const size = Object.keys(topology).length;
  if (size > most.topology) at.child('deprecatedTopology').tooMany(size, most.topology);
  labels(topology, at.child('deprecatedTopology'));
  optional(valid(isDns1123Label))(given.hostname, at.child('hostname'));
  optional(hints)(given.hints, at.child('hints'));
}

function hints({ forZones, forNodes }: EndpointHints, at: Place): void {
  if (hintNames(forZones, at.child('forZones'), isLabelValue)) {
    hintNames(forNodes, at.child('forNodes'), isDns1123Subdomain);
  }
}

/** Returns whether there are not too many. */
function hintNames(
  list: readonly { readonly name: string }[] | undefined,
  at: Place,
  check: Check,
): boolean {
  if (list && list.length > most.hints) {
    at.tooMany(list.length, most.hints);
    return false;
  }
  const seen = new Seen();
  each<{ readonly name: string }>(({ name }, place) => {
    if (!seen.add(name)) place.child('name').duplicate(name);
    place.child('name').invalidEach(name, check(name));
  })(list, at);
  return true;
}

function slice(object: EndpointSlice, at: Place): void {
  objectMeta(object.metadata, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
  requiredEnum('FQDN', 'IPv4', 'IPv6')(object.addressType, at.child('addressType').declared);
  ports(object.ports, at.child('ports'));
  const { endpoints } = object;
  const place = at.child('endpoints');
  if (endpoints && endpoints.length > most.endpoints) {
    return place.tooMany(endpoints.length, most.endpoints);
  }
  each<Endpoint>((item, itemAt) => endpoint(item, object.addressType, itemAt))(endpoints, place);
}

export const endpointSlice = kindValidation<EndpointSlice>({
  create: slice,
  update: (object, old, at) => {
    objectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
    const isSame = sameValue(object.endpoints, old.endpoints);
    slice(isSame ? { ...object, endpoints: [] } : object, at);
    immutable(object.addressType, old.addressType, at.child('addressType').declared, null);
  },
});
