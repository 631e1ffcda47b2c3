import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../generated/networking-v1.generated.ts';
import { contains, isCidr, parseCidr } from '../../ip.ts';
import { isPortName, isPortNumber } from '../../names.ts';
import { plainKind } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import { subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { each, enumOf, optional, optionalEnum, type Rule } from '../rules.ts';

const port: Rule<NetworkPolicyPort> = ({ protocol, port: number, endPort }, at) => {
  optionalEnum('TCP', 'UDP', 'SCTP')(protocol, at.child('protocol'));
  const portAt = at.child('port');
  const endAt = at.child('endPort');
  if (typeof number === 'number') {
    portAt.invalidEach(number, isPortNumber(number));
    if (endPort === undefined) return;
    if (endPort < number) endAt.invalid(endPort, 'must be greater than or equal to `port`');
    endAt.invalidEach(endPort, isPortNumber(endPort));
    return;
  }
  if (endPort !== undefined) {
    const why = number === undefined ? 'not specified' : 'non-numeric';
    endAt.invalid(endPort, `may not be specified when \`port\` is ${why}`);
  }
  if (number !== undefined) portAt.invalidEach(number, isPortName(number));
};

function ipBlock({ cidr, except }: IPBlock, at: Place): void {
  const place = at.child('cidr');
  if (!cidr) return place.declared.required();
  place.invalidEach(cidr, isCidr(cidr));
  const outer = parseCidr(cidr);
  if (!outer) return;
  each<string>((text, item) => {
    item.invalidEach(text, isCidr(text));
    const inner = parseCidr(text);
    if (inner && !(contains(outer, inner.network) && outer.length < inner.length)) {
      item.invalid(text, 'must be a strict subset of `cidr`');
    }
  })(except, at.child('except'));
}

const peer: Rule<NetworkPolicyPeer> = (given, at) => {
  const { podSelector, namespaceSelector, ipBlock: block } = given;
  labelSelector(podSelector, at.child('podSelector'));
  labelSelector(namespaceSelector, at.child('namespaceSelector'));
  optional(ipBlock)(block, at.child('ipBlock'));
  if (!podSelector && !namespaceSelector && !block) at.required('must specify a peer');
  else if (block && (podSelector || namespaceSelector)) {
    at.forbidden('may not specify both ipBlock and another peer');
  }
};

function networkPolicySpec(spec: NetworkPolicySpec, at: Place): void {
  labelSelector(spec.podSelector, at.child('podSelector'));
  each<NonNullable<NetworkPolicySpec['ingress']>[number]>(({ ports, from }, place) => {
    each(port)(ports, place.child('ports'));
    each(peer)(from, place.child('from'));
  })(spec.ingress, at.child('ingress'));
  each<NonNullable<NetworkPolicySpec['egress']>[number]>(({ ports, to }, place) => {
    each(port)(ports, place.child('ports'));
    each(peer)(to, place.child('to'));
  })(spec.egress, at.child('egress'));
  const types = spec.policyTypes ?? [];
  const place = at.child('policyTypes');
  if (types.length > 2) place.invalid(types, 'may not specify more than two policyTypes');
  else each<string>(enumOf('Ingress', 'Egress'))(types, place);
}

export const networkPolicy = plainKind<NetworkPolicy>({
  namespaced: true,
  nameRule: subdomainName,
  rules: ({ spec }, at) => networkPolicySpec(spec, at.child('spec')),
});
