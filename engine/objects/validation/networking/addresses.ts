import type {
  IPAddress,
  ParentReference,
  ServiceCIDR,
  ServiceCIDRSpec,
} from '../../generated/networking-v1.generated.ts';
import { isCanonicalCidr, isCanonicalIp, isV6, parseCidr } from '../../ip.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../../names.ts';
import { asInternal } from '../internal.ts';
import { immutable, kindValidation, plainKind } from '../kind-validation.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { declaredName, each, fields, optionalName, valid } from '../rules.ts';

/** Addresses of Services and the prefixes they come from. */

const parentReference = fields<ParentReference>({
  group: optionalName(isDns1123Subdomain),
  resource: declaredName(isPathSegmentName),
  name: declaredName(isPathSegmentName),
  namespace: optionalName(isPathSegmentName),
});

export const ipAddress = plainKind<IPAddress>({
  namespaced: false,
  nameRule: isCanonicalIp,
  rules: ({ spec }, at) => {
    const place = at.child('spec').child('parentRef');
    if (spec?.parentRef) parentReference(spec.parentRef, place);
    else place.declared.required();
  },
  update: ({ spec }, old, at) =>
    immutable(
      spec?.parentRef,
      old.spec?.parentRef,
      at.child('spec').child('parentRef').declared,
      null,
    ),
});

function prefixes(spec: ServiceCIDRSpec, at: Place): void {
  const cidrs = spec.cidrs ?? [];
  if (cidrs.length === 0) return at.required('at least one CIDR required');
  if (cidrs.length > 2) {
    return at.invalid(asInternal('ServiceCIDRSpec', spec), 'may only hold up to 2 values');
  }
  each(valid(isCanonicalCidr))(cidrs, at);
  const [first, second] = cidrs.map(parseCidr);
  if (first && second && isV6(first.address) === isV6(second.address)) {
    at.invalid(
      cidrs,
      'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    );
  }
}

export const serviceCidr = kindValidation<ServiceCIDR>({
  create: ({ metadata, spec }, at) => {
    objectMeta(metadata, at.child('metadata'), { namespaced: false, nameRule: subdomainName });
    prefixes(spec, at.child('spec').child('cidrs'));
  },
  update: ({ metadata, spec }, old, at) => {
    objectMetaUpdate(metadata, old.metadata, at.child('metadata'));
    const place = at.child('spec').child('cidrs');
    const cidrs = spec.cidrs ?? [];
    const before = old.spec?.cidrs ?? [];
    const becomesDual = before.length === 1 && cidrs.length === 2;
    if (cidrs.length !== before.length && !becomesDual) {
      immutable(cidrs, before, place, spec.cidrs);
      return;
    }
    for (const [index, cidr] of before.entries()) {
      immutable(cidrs[index], cidr, place.index(index));
    }
    if (becomesDual) prefixes(spec, place);
  },
});
