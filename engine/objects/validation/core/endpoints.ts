import type {
  EndpointAddress,
  EndpointPort,
  Endpoints,
  EndpointSubset,
} from '../../generated/core-v1.generated.ts';
import { isEndpointIp, isIp } from '../../ip.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../names.ts';
import { kindValidation } from '../kind-validation.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { protocol } from '../pod/containers.ts';
import { each, fields, optional, optionalName, valid, type Rule } from '../rules.ts';
import { sameValue } from '../same-value.ts';

const address = fields<EndpointAddress>({
  ip: (ip, at) => {
    at.invalidEach(ip, isIp(ip));
  },
  hostname: optionalName(isDns1123Label),
  nodeName: optional(valid(isDns1123Subdomain)),
});

const addresses = each<EndpointAddress>((value, at) => {
  address(value, at);
  at.child('ip').invalidEach(value.ip ?? '', isEndpointIp(value.ip ?? ''));
});

const port: Rule<EndpointPort> = ({ port: number, protocol: transport, appProtocol }, at) => {
  at.child('port').invalidEach(number, isPortNumber(number));
  protocol(transport, at.child('protocol'));
  optional(valid(isQualifiedName))(appProtocol, at.child('appProtocol'));
};

const subset: Rule<EndpointSubset> = (value, at) => {
  const { ports = [] } = value;
  if (!value.addresses?.length && !value.notReadyAddresses?.length) {
    at.required('must specify `addresses` or `notReadyAddresses`');
  }
  addresses(value.addresses, at.child('addresses'));
  addresses(value.notReadyAddresses, at.child('notReadyAddresses'));
  each<EndpointPort>((item, place) => {
    if (item.name) place.child('name').invalidEach(item.name, isDns1123Label(item.name));
    else if (ports.length > 1) place.child('name').required();
    port(item, place);
  })(ports, at.child('ports'));
};

function create({ metadata: meta, subsets }: Endpoints, at: Place): void {
  objectMeta(meta, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
  each(subset)(subsets, at.child('subsets'));
}

export const endpoints = kindValidation<Endpoints>({
  create,
  update: (value, old, at) => {
    objectMetaUpdate(value.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
    const isSame = sameValue(value.subsets, old.subsets);
    create(isSame ? { ...value, subsets: [] } : value, at);
  },
});
