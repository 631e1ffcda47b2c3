import type {
  Ingress,
  IngressClass,
  NetworkPolicy,
  NetworkPolicyPeer,
  ServiceCIDR,
} from '../generated/networking-v1.generated.ts';
import { kindStrategy } from './kind-strategy.ts';
import {
  keepMetadata,
  keepSpec,
  keepStatus,
  nextGeneration,
  withGeneration,
  withStatus,
} from './steps.ts';
import { cidrWarnings, ipWarnings } from './warnings.ts';

const classAnnotation = 'kubernetes.io/ingress.class';

export const ingress = kindStrategy<Ingress>({
  prepareForCreate: (object) => withGeneration(withStatus(object, { loadBalancer: {} }), 1),
  prepareForUpdate: (object, old) => nextGeneration(keepStatus(object, old), old),
  subresources: { status: keepSpec },
  warnings: ({ metadata, spec }, old) =>
    !old &&
    metadata.annotations?.[classAnnotation] !== undefined &&
    spec?.ingressClassName === undefined
      ? [
          `annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`,
        ]
      : [],
  statusWarnings: ({ status }) =>
    (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, index) =>
      ip ? ipWarnings(ip, `status.loadBalancer.ingress[${index}]`) : [],
    ),
});

export const ingressClass = kindStrategy<IngressClass>({
  prepareForCreate: (object) => withGeneration(object, 1),
  prepareForUpdate: (object, old) => nextGeneration(object, old),
});

function peerWarnings(peers: readonly NetworkPolicyPeer[] | undefined, path: string): string[] {
  return (peers ?? []).flatMap(({ ipBlock }, index) => {
    if (!ipBlock) return [];
    const block = `${path}[${index}].ipBlock`;
    return [
      ...cidrWarnings(ipBlock.cidr, `${block}.cidr`),
      ...(ipBlock.except ?? []).flatMap((cidr, position) =>
        cidrWarnings(cidr, `${block}.except[${position}]`),
      ),
    ];
  });
}

export const networkPolicy = kindStrategy<NetworkPolicy>({
  prepareForCreate: (object) => withGeneration(object, 1),
  prepareForUpdate: (object, old) => nextGeneration(object, old),
  warnings: ({ spec }) => [
    ...(spec?.ingress ?? []).flatMap(({ from }, index) =>
      peerWarnings(from, `spec.ingress[${index}].from`),
    ),
    ...(spec?.egress ?? []).flatMap(({ to }, index) =>
      peerWarnings(to, `spec.egress[${index}].to`),
    ),
  ],
});

export const serviceCidr = kindStrategy<ServiceCIDR>({
  prepareForCreate: (object) => withStatus(object, {}),
  prepareForUpdate: keepStatus,
  subresources: { status: (object, old) => keepMetadata(keepSpec(object, old), old) },
});
