import type { Stored, StoredMeta } from '../../client/resource.ts';
import type {
  Container,
  Node,
  NodeSelectorRequirement,
  NodeStatus,
  Pod,
  PodAffinityTerm,
  PodSpec,
  PodStatus,
  Taint,
} from '../../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../objects/generated/meta-v1.generated.ts';

type Labels = Readonly<Record<string, string>>;
type Quantities = Readonly<Record<string, string>>;

let version = 0;

/** The metadata of a stored object; the same name has the same uid. */
export function meta(name: string, more: ObjectMeta = {}): StoredMeta {
  return {
    name,
    uid: `uid-${name}`,
    resourceVersion: String(++version),
    creationTimestamp: '2023-11-14T22:13:20Z',
    ...more,
  };
}

interface PodOptions extends Partial<Omit<PodSpec, 'containers'>> {
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly requests?: Quantities;
  readonly image?: string;
  readonly hostPorts?: readonly number[];
  readonly containers?: readonly Partial<Container>[];
  readonly meta?: ObjectMeta;
  readonly status?: PodStatus;
}

/** A Pod in `default` with one container. */
export function pod(name: string, options: PodOptions = {}): Stored<Pod> {
  const {
    namespace = 'default',
    labels,
    requests,
    image = 'web',
    hostPorts = [],
    containers = [{}],
    meta: more,
    status,
    ...spec
  } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(name, { namespace, ...(labels === undefined ? {} : { labels }), ...more }),
    spec: {
      schedulerName: 'default-scheduler',
      ...spec,
      containers: containers.map((container, index) => ({
        name: `c${index}`,
        image,
        ...(requests === undefined ? {} : { resources: { requests } }),
        ports: hostPorts.map((hostPort) => ({ containerPort: hostPort, hostPort })),
        ...container,
      })),
    },
    ...(status === undefined ? {} : { status }),
  };
}

interface NodeOptions {
  readonly labels?: Labels;
  readonly allocatable?: Quantities;
  readonly taints?: readonly Taint[];
  readonly unschedulable?: boolean;
  readonly images?: NodeStatus['images'];
}

/** A node with 4 cores, 8 GiB and room for 110 Pods. */
export function node(name: string, options: NodeOptions = {}): Stored<Node> {
  const { labels, allocatable, taints, unschedulable, images } = options;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(name, { labels: { 'kubernetes.io/hostname': name, ...labels } }),
    spec: {
      ...(taints === undefined ? {} : { taints }),
      ...(unschedulable === undefined ? {} : { unschedulable }),
    },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable },
      ...(images === undefined ? {} : { images }),
    },
  };
}

/** `key=value:effect` or `key:effect` */
export function taint(text: string): Taint {
  const [, key = '', value, effect = ''] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(text) ?? [];
  return {
    key,
    ...(value === undefined ? {} : { value }),
    effect: effect as Taint['effect'],
  };
}

/** Node affinity that requires all of these. */
export function requiring(...matchExpressions: NodeSelectorRequirement[]) {
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
    },
  };
}

/** A term for Pods with these labels. */
export function near(
  matchLabels: Labels,
  topologyKey: string,
  more: Partial<PodAffinityTerm> = {},
) {
  return { labelSelector: { matchLabels }, topologyKey, ...more };
}

export const required = (...terms: PodAffinityTerm[]) => ({
  requiredDuringSchedulingIgnoredDuringExecution: terms,
});

export const preferred = (weight: number, podAffinityTerm: PodAffinityTerm) => ({
  preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm }],
});
