import type { Client } from '../../../client/client.ts';
import type { Stored } from '../../../client/resource.ts';
import { resources } from '../../../client/resources.ts';
import type {
  Pod,
  PodSpec,
  Service,
  ServiceSpec,
} from '../../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../../objects/time.ts';
import type { ControlWorld } from '../../testing/control-world.ts';

/** A ready Node of 4 CPUs, in a zone if one is named. */
export async function addNode(client: Client, name: string, zone?: string): Promise<void> {
  const labels = zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone };
  await client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: {},
  });
  await client.patch(
    resources.nodes,
    { name },
    {
      type: 'merge',
      patch: {
        status: {
          allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
          conditions: [{ type: 'Ready', status: 'True' }],
        },
      },
    },
    { subresource: 'status' },
  );
}

export function addService(
  client: Client,
  spec: ServiceSpec,
  metadata: Service['metadata'] = {},
): Promise<Stored<Service>> {
  return client.create(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web', ...metadata },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  });
}

export interface PlacedPod {
  readonly name: string;
  readonly node?: string;
  readonly ips: readonly string[];
  readonly ready?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Partial<PodSpec>;
}

/** A Pod as its kubelet says it is: on a node, with addresses. */
export async function addPod(world: ControlWorld, placed: PlacedPod): Promise<Stored<Pod>> {
  const { name, node = 'n1', ready = true, labels = { app: 'web' }, spec = {} } = placed;
  await world.client.create(resources.pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, labels },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'nginx' }], ...spec },
  });
  return setPod(world, placed, ready);
}

export function setPod(
  { client, clock }: ControlWorld,
  { name, ips }: PlacedPod,
  ready: boolean,
): Promise<Stored<Pod>> {
  const lastTransitionTime = formatTime(clock.now());
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime }];
  const [podIP] = ips;
  const podIPs = ips.map((ip) => ({ ip }));
  return client.patch(
    resources.pods,
    { namespace: 'default', name },
    { type: 'merge', patch: { status: { phase: 'Running', podIP, podIPs, conditions } } },
    { subresource: 'status' },
  );
}
