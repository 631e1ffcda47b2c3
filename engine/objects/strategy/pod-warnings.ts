import type {
  Container,
  ContainerPort,
  Pod,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
} from '../generated/core-v1.generated.ts';
import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import { goQuote } from '../go-text.ts';
import { Place } from '../validation/place.ts';
import { podContainers } from '../validation/pod/pod-containers.ts';
import { sameValue } from '../validation/same-value.ts';
import { appArmorAnnotation, profileOfAnnotation } from './app-armor.ts';
import { overlappingPaths } from './volume-path-warnings.ts';
import {
  deprecatedNodeLabels,
  fractionWarning,
  hostnameWarning,
  ipWarnings,
  nodeSelectorTermWarnings,
} from './warnings.ts';

/** What a client should know of a Pod, or of the template of Pods at `at` (upstream's `api/pod/warnings.go`). */

export function podWarnings({ metadata, spec }: Pod): string[] {
  return [
    ...appArmorOfPod(metadata, spec),
    ...hostnameWarning(metadata.name, "the Pod's hostname"),
    ...specWarnings(spec, metadata, Place.root(), false),
  ];
}

export function templateWarnings(template: PodTemplateSpec | undefined, at: Place): string[] {
  const { metadata = {}, spec } = template ?? {};
  return spec ? specWarnings(spec, metadata, at, true) : [];
}

const useAppArmorField = 'deprecated since v1.30; use the "appArmorProfile" field instead';

/** Annotations that became fields (or could not). */
function appArmorOfPod({ annotations = {} }: ObjectMeta, spec: PodSpec): string[] {
  if (spec.os?.name === 'windows') return [];
  return podContainers(spec).flatMap(({ container }) => {
    const key = appArmorAnnotation + container.name;
    const annotation = annotations[key];
    if (annotation === undefined) return [];
    const profile = profileOfAnnotation(annotation);
    const isFromAnnotation =
      !profile || sameValue(container.securityContext?.appArmorProfile, profile);
    return isFromAnnotation ? [`metadata.annotations[${key}]: ${useAppArmorField}`] : [];
  });
}

const deprecatedAnnotations = {
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls':
    'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls':
    'non-functional in v1.11+; use the "sysctls" field instead',
};

const deprecatedVolumes = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  ephemeral: '',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;

function specWarnings(spec: PodSpec, meta: ObjectMeta, at: Place, isTemplate: boolean): string[] {
  const specAt = at.child('spec');
  const containers = podContainers(spec, specAt);
  return [
    ...nodeLabels(spec, specAt),
    ...annotationWarnings(meta, at.child('metadata').child('annotations')),
    ...volumeWarnings(spec, specAt.child('volumes')),
    ...duplicates(spec, specAt),
    ...overheadWarnings(spec, specAt.child('overhead')),
    ...seccompOfPod(spec, meta, at),
    ...containers.flatMap(({ container, place }) => [
      ...profileAnnotations(container, spec, meta, at, isTemplate),
      ...containerWarnings(container, place),
    ]),
    ...portWarnings(containers),
    ...(Number(spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
          `${specAt.child('terminationGracePeriodSeconds').path}: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...affinityWarnings(spec, specAt.child('affinity')),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, index) =>
      ipWarnings(ip, specAt.child('dnsConfig').child('nameservers').index(index).path),
    ),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, index) =>
      ipWarnings(ip, specAt.child('hostAliases').index(index).child('ip').path),
    ),
  ];
}

const nullSelector = 'a null labelSelector results in matching no pod';

function nodeLabels(spec: PodSpec, at: Place): string[] {
  const affinity = spec.affinity?.nodeAffinity;
  const affinityAt = at.child('affinity').child('nodeAffinity');
  const requiredAt = affinityAt.child('requiredDuringSchedulingIgnoredDuringExecution');
  const preferredAt = affinityAt.child('preferredDuringSchedulingIgnoredDuringExecution');
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution;
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap((label) => {
      const message = deprecatedNodeLabels[label];
      return message ? [`${at.child('nodeSelector').key(label).path}: ${message}`] : [];
    }),
    ...(required ?? []).flatMap((term, index) =>
      nodeSelectorTermWarnings(term, requiredAt.child('nodeSelectorTerms').index(index), false),
    ),
    ...(preferred ?? []).flatMap(({ preference }, index) =>
      nodeSelectorTermWarnings(preference, preferredAt.index(index).child('preference'), true),
    ),
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
      const place = at.child('topologySpreadConstraints').index(index);
      const message = deprecatedNodeLabels[topologyKey];
      return [
        ...(message ? [`${place.child('topologyKey').path}: ${topologyKey} is ${message}`] : []),
        ...(labelSelector ? [] : [`${place.child('labelSelector').path}: ${nullSelector}`]),
      ];
    }),
  ];
}

function annotationWarnings({ annotations = {} }: ObjectMeta, at: Place): string[] {
  return Object.entries(deprecatedAnnotations)
    .filter(([key]) => annotations[key] !== undefined)
    .map(([key, message]) => `${at.key(key).path}: ${message}`);
}

function volumeWarnings({ volumes = [] }: PodSpec, at: Place): string[] {
  const deprecated = volumes.flatMap((volume, index) =>
    Object.entries(deprecatedVolumes).flatMap(([name, message]) => {
      if (volume[name as keyof typeof deprecatedVolumes] === undefined) return [];
      const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
      const place = at.index(index).child(name === 'storageos' ? 'storageOS' : name);
      if (name !== 'ephemeral') return [`${place.path}: ${message}`];
      return claimWarnings(
        claim?.resources,
        place.child('volumeClaimTemplate').child('spec').child('resources'),
      );
    }),
  );
  return [...deprecated, ...overlappingPaths(volumes)];
}

/** Sizes of a claim. */
export function claimWarnings(
  resources:
    | { requests?: Readonly<Record<string, string>>; limits?: Readonly<Record<string, string>> }
    | undefined,
  at: Place,
): string[] {
  return (['requests', 'limits'] as const).flatMap((list) =>
    fractionWarning(resources?.[list]?.['storage'], at.child(list).key('storage').path),
  );
}

function duplicates({ hostAliases = [], imagePullSecrets = [] }: PodSpec, at: Place): string[] {
  const ips = new Set<string>();
  const secrets = new Set<string>();
  const secretAt = (index: number) => at.child('imagePullSecrets').index(index).child('name').path;
  return [
    ...hostAliases.flatMap(({ ip }, index) => {
      const isNew = !ips.has(ip);
      ips.add(ip);
      const place = at.child('hostAliases').index(index).child('ip');
      return isNew ? [] : [`${place.path}: duplicate ip ${goQuote(ip)}`];
    }),
    ...imagePullSecrets.flatMap(({ name = '' }, index) => {
      const isNew = !secrets.has(name);
      secrets.add(name);
      return isNew ? [] : [`${secretAt(index)}: duplicate name ${goQuote(name)}`];
    }),
    ...imagePullSecrets.flatMap(({ name = '' }, index) =>
      name === '' ? [`${secretAt(index)}: invalid empty name ""`] : [],
    ),
  ];
}

const byteResources = ['memory', 'ephemeral-storage'];

const overheadWarnings = ({ overhead = {} }: PodSpec, at: Place) =>
  byteResources.flatMap((name) => fractionWarning(overhead[name], at.key(name).path));

const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';
const useSeccompField = 'non-functional in v1.27+; use the "seccompProfile" field instead';

function seccompOfPod(spec: PodSpec, { annotations = {} }: ObjectMeta, at: Place): string[] {
  if (spec.securityContext?.seccompProfile || annotations[seccompAnnotation] === undefined) {
    return [];
  }
  const place = at.child('metadata').child('annotations').key(seccompAnnotation);
  return [`${place.path}: ${useSeccompField}`];
}

function profileAnnotations(
  container: Container,
  spec: PodSpec,
  { annotations = {} }: ObjectMeta,
  at: Place,
  isTemplate: boolean,
): string[] {
  const place = at.child('metadata').child('annotations');
  const seccomp = seccompOfContainer + container.name;
  const appArmor = appArmorAnnotation + container.name;
  const annotation = annotations[appArmor];
  const profile = spec.securityContext?.appArmorProfile;
  const isAppArmorNew =
    isTemplate &&
    annotation !== undefined &&
    !container.securityContext?.appArmorProfile &&
    (!profile || !sameValue(profile, profileOfAnnotation(annotation)));
  const isSeccompIgnored =
    annotations[seccomp] !== undefined && !container.securityContext?.seccompProfile;
  return [
    ...(isSeccompIgnored ? [`${place.key(seccomp).path}: ${useSeccompField}`] : []),
    ...(isAppArmorNew ? [`${place.key(appArmor).path}: ${useAppArmorField}`] : []),
  ];
}

function containerWarnings({ resources = {}, env = [] }: Container, at: Place): string[] {
  const names = new Set<string>();
  return [
    ...byteResources.flatMap((name) =>
      (['limits', 'requests'] as const).flatMap((list) =>
        fractionWarning(resources[list]?.[name], at.child('resources').child(list).key(name).path),
      ),
    ),
    ...env.flatMap(({ name, value = '', valueFrom }, index) => {
      const isNew = !names.has(name);
      names.add(name);
      const reference = `$(${name})`;
      const extends_ = !valueFrom && value !== reference && value.includes(reference);
      if (isNew || extends_) return [];
      return [
        `${at.child('env').index(index).path}: hides previous definition of ${goQuote(name)}, which may be dropped when using apply`,
      ];
    }),
  ];
}

interface PortOf {
  readonly port: ContainerPort;
  readonly path: string;
}

function portWarnings(containers: ReturnType<typeof podContainers>): string[] {
  const ports: PortOf[] = containers.flatMap(({ container, place }) =>
    (container.ports ?? []).map((port, index) => ({
      port,
      path: place.child('ports').index(index).path,
    })),
  );
  const byNumber = new Map<string, PortOf[]>();
  const numbers = ports.flatMap((current) => {
    const { containerPort, protocol = '', hostIP = '', hostPort = 0, name = '' } = current.port;
    const key = `${containerPort}/${protocol}`;
    const others = byNumber.get(key) ?? [];
    const found = others.flatMap((other) => portConflict(current, other));
    byNumber.set(key, [...others, current]);
    return hostIP !== '' && hostPort === 0
      ? [
          `${current.path}: hostIP set without hostPort: {Name:${name} HostPort:0 ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`,
          ...found,
        ]
      : found;
  });
  const byName = new Map<string, string>();
  const names = ports.flatMap(({ port: { name }, path }) => {
    if (!name) return [];
    const other = byName.get(name);
    if (other === undefined) byName.set(name, path);
    return other === undefined
      ? []
      : [
          `${path}: duplicate port name ${goQuote(name)} with ${other}, services and probes that select ports by name will use ${other}`,
        ];
  });
  return [...numbers, ...names];
}

function portConflict({ port, path }: PortOf, other: PortOf): string[] {
  const { hostIP = '', hostPort = 0 } = port;
  const { hostIP: otherIp = '', hostPort: otherPort = 0 } = other.port;
  const say = (what: string) => [`${path}: ${what} port definition with ${other.path}`];
  if (hostIP === otherIp && hostPort === otherPort) return say('duplicate');
  if (hostPort === 0 || otherPort === 0) return say('overlapping');
  const isOneUnset = (hostIP === '') !== (otherIp === '');
  return hostPort === otherPort && isOneUnset ? say('dangerously ambiguous') : [];
}

function affinityWarnings({ affinity = {} }: PodSpec, at: Place): string[] {
  const terms = (value: PodAffinity = {}, place: Place) => {
    const requiredAt = place.child('requiredDuringSchedulingIgnoredDuringExecution');
    const preferredAt = place.child('preferredDuringSchedulingIgnoredDuringExecution');
    const required = value.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = value.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    return [
      ...required.flatMap(({ labelSelector }, index) =>
        labelSelector
          ? []
          : [`${requiredAt.index(index).child('labelSelector').path}: ${nullSelector}`],
      ),
      ...preferred.flatMap(({ podAffinityTerm }, index) =>
        podAffinityTerm.labelSelector
          ? []
          : [
              `${preferredAt.index(index).child('podAffinityTerm').child('labelSelector').path}: ${nullSelector}`,
            ],
      ),
    ];
  };
  return [
    ...terms(affinity.podAffinity, at.child('podAffinity')),
    ...terms(affinity.podAntiAffinity, at.child('podAntiAffinity')),
  ];
}
