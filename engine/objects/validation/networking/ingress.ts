import type { TypedLocalObjectReference } from '../../generated/core-v1.generated.ts';
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressClass,
  IngressClassParametersReference,
  IngressLoadBalancerIngress,
  IngressRule,
  IngressSpec,
  IngressTLS,
} from '../../generated/networking-v1.generated.ts';
import { isIp, parseIp } from '../../ip.ts';
import {
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
} from '../../names.ts';
import { domainPrefixedPath } from '../domain-prefixed.ts';
import { immutable, plainKind } from '../kind-validation.ts';
import { objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import {
  byteLength,
  declaredName,
  each,
  fields,
  optional,
  optionalName,
  requiredEnum,
  requiredName,
  type Rule,
  valid,
} from '../rules.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

const hostName = (host: string) =>
  host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host);

const forbiddenParts = ['//', '/./', '/../', '%2f', '%2F'];
const forbiddenEnds = ['/..', '/.'];

function cleanPath(path: string, at: Place): void {
  for (const part of forbiddenParts) {
    if (path.includes(part)) at.invalid(path, `must not contain '${part}'`);
  }
  for (const end of forbiddenEnds) {
    if (path.endsWith(end)) at.invalid(path, `cannot end with '${end}'`);
  }
}

const httpPath: Rule<HTTPIngressPath> = ({ path = '', pathType, backend }, at) => {
  const pathAt = at.child('path');
  const absolute = () => {
    if (!path.startsWith('/')) pathAt.invalid(path, 'must be an absolute path');
  };
  switch (pathType as HTTPIngressPath['pathType'] | undefined | null) {
    case undefined:
    case null:
      at.child('pathType').required('pathType must be specified');
      return;
    case 'Exact':
    case 'Prefix':
      absolute();
      cleanPath(path, pathAt);
      break;
    case 'ImplementationSpecific':
      if (path !== '') absolute();
      break;
    default:
      at.child('pathType').notSupported(pathType, ['Exact', 'ImplementationSpecific', 'Prefix']);
  }
  ingressBackend(backend, at.child('backend'));
};

/** A name that is there; `rule` says when it is told that it is not. */
const reference = (rule: typeof requiredName) =>
  fields<TypedLocalObjectReference>({
    apiGroup: optional(valid(isDns1123Subdomain)),
    kind: rule(isPathSegmentName),
    name: rule(isPathSegmentName),
  });

const objectReference = reference(requiredName);
const parametersReference = reference(declaredName);

function ingressBackend({ resource, service }: IngressBackend, at: Place): void {
  if (resource && service) at.invalid('', 'cannot set both resource and service backends');
  else if (resource) objectReference(resource, at.child('resource'));
  else if (service) {
    const place = at.child('service');
    requiredName(isDns1123Label)(service.name, place.child('name'));
    const { name, number } = service.port ?? {};
    const portAt = place.child('port');
    if (name && number) at.invalid('', 'cannot set both port name & port number');
    else if (name) portAt.child('name').invalidEach(name, isPortName(name));
    else if (number) portAt.child('number').invalidEach(number, isPortNumber(number));
    else at.required('port name or number is required');
  } else at.invalid('', 'resource or service backend is required');
}

const rule: Rule<IngressRule> = ({ host = '', http }, at) => {
  if (host !== '') {
    const place = at.child('host');
    if (parseIp(host)) place.invalid(host, 'must be a DNS name, not an IP address');
    place.invalidEach(host, hostName(host));
  }
  if (!http) return;
  const pathsAt = at.child('http').child('paths');
  if (!http.paths?.length) pathsAt.required();
  each(httpPath)(http.paths, pathsAt);
};

const tls = fields<IngressTLS>({
  hosts: each(valid(hostName)),
  secretName: optionalName(isDns1123Subdomain),
});

function ingressSpec(spec: IngressSpec, at: Place): void {
  const { rules, defaultBackend, ingressClassName } = spec;
  if (!rules?.length && !defaultBackend) {
    at.invalid(rules ?? null, 'either `defaultBackend` or `rules` must be specified');
  }
  optional(ingressBackend)(defaultBackend, at.child('defaultBackend'));
  each(rule)(rules, at.child('rules'));
  each(tls)(spec.tls, at.child('tls'));
  optional(valid(isDns1123Subdomain))(ingressClassName, at.child('ingressClassName'));
}

const balancerAddress: Rule<IngressLoadBalancerIngress> = ({ ip, hostname }, at) => {
  optionalName(isIp)(ip, at.child('ip'));
  const place = at.child('hostname');
  optionalName(isDns1123Subdomain)(hostname, place);
  if (hostname && parseIp(hostname)) {
    place.invalid(hostname, 'must be a DNS name, not an IP address');
  }
};

const ingressKind = plainKind<Ingress>({
  namespaced: true,
  nameRule: subdomainName,
  rules: ({ spec }, at) => ingressSpec(spec, at.child('spec')),
  subresources: {
    status: ({ metadata, status }, old, at) => {
      objectMetaUpdate(metadata, old.metadata, at.child('metadata'));
      const place = at.child('status').child('loadBalancer').child('ingress');
      each(balancerAddress)(status?.loadBalancer?.ingress, place);
    },
  },
});

export const ingress: typeof ingressKind = {
  ...ingressKind,
  create: (object, at) => {
    ingressKind.create(object, at);
    const { metadata, spec } = object as Ingress;
    const annotation = metadata.annotations?.[classAnnotation];
    const name = spec.ingressClassName;
    if (annotation !== undefined && name !== undefined && annotation !== name) {
      at.child('annotations')
        .child(classAnnotation)
        .invalid(annotation, 'must match `ingressClassName` when both are specified');
    }
  },
};

const longestController = 250;

function parameters(given: IngressClassParametersReference, at: Place): void {
  parametersReference(given, at);
  const { scope, namespace } = given;
  requiredEnum('Cluster', 'Namespace')(scope, at.child('scope'));
  const place = at.child('namespace');
  if (scope === 'Namespace') {
    if (namespace === undefined) place.required("`parameters.scope` is set to 'Namespace'");
    else place.invalidEach(namespace, isDns1123Label(namespace));
  } else if (scope === 'Cluster' && namespace !== undefined) {
    place.forbidden("`parameters.scope` is set to 'Cluster'");
  }
}

const classKind = plainKind<IngressClass>({
  namespaced: false,
  nameRule: subdomainName,
  rules: ({ spec }, at) => {
    const { controller = '' } = spec;
    const place = at.child('spec');
    if (byteLength(controller) > longestController) {
      place.child('controller').tooLong(longestController);
    }
    domainPrefixedPath(controller, place.child('controller'));
    optional(parameters)(spec.parameters, place.child('parameters'));
  },
});

export const ingressClass: typeof classKind = {
  ...classKind,
  update: (object, old, at) => {
    const [now = '', before = ''] = [object, old].map(
      (version) => (version as IngressClass).spec.controller,
    );
    immutable(now, before, at.child('spec').child('controller'));
    classKind.update(object, old, at);
  },
};
