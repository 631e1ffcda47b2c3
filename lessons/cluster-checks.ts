/** What many checks of lessons on a cluster ask: facts about objects and nodes, and whole checks made of them. */
import type { ObjectName, Resource, Stored } from '../engine/client/resource.ts';
import { keyOf } from '../engine/client/informer/object-store.ts';
import { resources } from '../engine/client/resources.ts';
import type { Event, Pod } from '../engine/objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../engine/objects/kubernetes-object.ts';
import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Check,
  type LessonWorld,
  type Trigger,
} from './checks.ts';

/** The API server told of an object of this kind. */
export function objects(resource: Resource<KubernetesObject>): Trigger {
  return { kind: 'objects', resource };
}

/** Pods of a namespace that have all these labels, and are not on their way out. */
export async function podsOf(
  world: LessonWorld,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Promise<readonly Stored<Pod>[]> {
  const pods = await world.cluster.objects(resources.pods, namespace);
  return pods.filter(
    ({ metadata }) =>
      metadata.deletionTimestamp === undefined &&
      Object.entries(labels).every(([name, value]) => metadata.labels?.[name] === value),
  );
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** What an object's status says of one thing, such as `Ready` of a Pod or a node, or `Available` of a Deployment. */
export function conditionOf(
  object: KubernetesObject | undefined,
  type: string,
): Condition | undefined {
  const { status } = (object ?? {}) as {
    readonly status?: { readonly conditions?: readonly Condition[] };
  };
  return status?.conditions?.find((condition) => condition.type === type);
}

export interface ContainerState {
  readonly kind: 'waiting' | 'running' | 'terminated';
  /** such as `CrashLoopBackOff` or `OOMKilled` */
  readonly reason: string | undefined;
  readonly exitCode: number | undefined;
  readonly restarts: number;
}

/** How a container of a Pod is; undefined before its kubelet has said anything. @param container the first one's name when absent */
export function containerState(
  { status }: Pod,
  container = status?.containerStatuses?.[0]?.name,
): ContainerState | undefined {
  const found = status?.containerStatuses?.find(({ name }) => name === container);
  if (found === undefined) return undefined;
  const { waiting: waits, running, terminated } = found.state ?? {};
  return {
    kind: terminated !== undefined ? 'terminated' : running !== undefined ? 'running' : 'waiting',
    reason: terminated?.reason ?? waits?.reason,
    exitCode: terminated?.exitCode,
    restarts: found.restartCount,
  };
}

/** Events about an object, such as those with the reason `FailedScheduling`. */
export async function eventsAbout(
  world: LessonWorld,
  about: { readonly kind: string; readonly name: string; readonly namespace?: string },
  reason?: string,
): Promise<readonly Stored<Event>[]> {
  const events = await world.cluster.objects(resources.events);
  return events.filter(
    ({ involvedObject, reason: given }) =>
      involvedObject.kind === about.kind &&
      involvedObject.name === about.name &&
      (about.namespace === undefined || involvedObject.namespace === about.namespace) &&
      (reason === undefined || given === reason),
  );
}

/** Numbers and command lines of a node's processes whose command line matches, as `pgrep -f` finds them. */
export async function processesOn(
  world: LessonWorld,
  node: string,
  pattern: string,
): Promise<readonly string[]> {
  const { stdout } = await world.cluster.node(node).run('pgrep', '-af', pattern);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Everything that is in a node's nftables, as `nft list ruleset` prints it. */
export async function rulesOn(world: LessonWorld, node: string): Promise<string> {
  return (await world.cluster.node(node).run('nft', 'list', 'ruleset')).stdout;
}

/** Whether a component of the control plane runs, such as `kube-scheduler`. */
export function componentRuns(world: LessonWorld, name: string): boolean {
  return world.cluster
    .state()
    .nodes.some(({ components }) => components.some((each) => each.name === name && each.running));
}

/**
 * A Pod with these labels serves an nginx page from its address while a component of the control plane is away: what runs goes on
 * without it. @param meaning what the learner has seen by that, after the address: “answers, and …”
 */
export function servesWithout(
  component: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  meaning: string,
): () => Check {
  return edge([{ kind: 'nodes' }, { kind: 'terminal' }], async (world) => {
    const [pod] = await podsOf(world, namespace, labels);
    const address = pod?.status?.podIP;
    if (address === undefined)
      return waiting(`There is no Pod of ${Object.values(labels).join(', ')} with an address yet.`);
    if (componentRuns(world, component)) return waiting(`${component} runs.`);
    const { stdout } = await world.run('curl', '-s', '-m', '3', `http://${address}`);
    return stdout.includes('nginx')
      ? passed(`${address} answers, and ${meaning}`)
      : failed(`${component} is away, and nothing answers at ${address}.`);
  });
}

/** An object is there. */
export function exists(resource: Resource<KubernetesObject>, name: ObjectName): () => Check {
  return edge([objects(resource)], async (world) =>
    (await world.cluster.object(resource, name)) === undefined
      ? waiting(`There is no ${resource.kind} ${keyOf(name)} yet.`)
      : passed(`The ${resource.kind} ${keyOf(name)} is there.`),
  );
}

/** An object was there and is no more. */
export function absent(resource: Resource<KubernetesObject>, name: ObjectName): () => Check {
  return gone(
    [objects(resource)],
    `The ${resource.kind} ${keyOf(name)}`,
    async (world) => (await world.cluster.object(resource, name)) !== undefined,
  );
}

/** An object's condition is as it should be, such as `Ready` of a node `False`. */
export function hasCondition(
  resource: Resource<KubernetesObject>,
  name: ObjectName,
  type: string,
  status: 'True' | 'False' | 'Unknown' = 'True',
): () => Check {
  return edge([objects(resource)], async (world) => {
    const object = await world.cluster.object(resource, name);
    if (object === undefined) return waiting(`There is no ${resource.kind} ${keyOf(name)} yet.`);
    const condition = conditionOf(object, type);
    const told = [condition?.reason, condition?.message].filter(Boolean).join(': ');
    return condition?.status === status
      ? passed(`${type} of ${keyOf(name)} is ${status}.`)
      : waiting(`${type} of ${keyOf(name)} is ${condition?.status ?? 'not told'}. ${told}`.trim());
  });
}

/** A program printed something in a terminal: for what a learner is to look at, and changes nothing. */
export function printed(pattern: RegExp, what: string): () => Check {
  return edge([{ kind: 'terminal' }], async (world) =>
    pattern.test(world.printed())
      ? passed(`The terminal has shown ${what}.`)
      : waiting(`The terminal has not shown ${what} yet.`),
  );
}
