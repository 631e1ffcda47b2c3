import { resources } from '../../../engine/client/resources.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Checks,
  type LessonWorld,
} from '../../checks.ts';
import {
  componentRuns,
  containerState,
  eventsAbout,
  objects,
  podsOf,
} from '../../cluster-checks.ts';

const NAMESPACE = 'default';
const SCHEDULER = 'kube-scheduler';
const WORKERS = ['worker-1', 'worker-2'];
const OURS = ['by-hand', 'by-scheduler', 'big', 'fast', 'tolerant', 'filler', 'urgent'];
const pods = objects(resources.pods);
const nodes = objects(resources.nodes);
const events = objects(resources.events);
const components = { kind: 'nodes' } as const;

const pod = (world: LessonWorld, name: string) =>
  world.cluster.object(resources.pods, { namespace: NAMESPACE, name });

function runs(one: Stored<Pod>): boolean {
  return containerState(one)?.kind === 'running';
}

export const checks: Checks = {
  waits: edge([pods, components], async (world) => {
    const both = await Promise.all(['by-hand', 'by-scheduler'].map((name) => pod(world, name)));
    if (componentRuns(world, SCHEDULER)) return waiting('The scheduler is running.');
    if (both.includes(undefined)) return waiting('The scheduler is away. Not both Pods are there.');
    return both.some((one) => one?.spec.nodeName !== undefined)
      ? failed('One of the Pods has a node already.')
      : passed('Nobody chooses nodes, and both Pods wait.');
  }),

  byhand: edge([pods, components], async (world) => {
    const one = await pod(world, 'by-hand');
    if (one?.spec.nodeName === undefined) return waiting('The Pod by-hand has no node.');
    if (one.spec.nodeName !== 'worker-2')
      return failed(`The Pod by-hand is on ${one.spec.nodeName}, not on worker-2.`);
    if (!runs(one)) return waiting('It has its node, and does not run yet.');
    return componentRuns(world, SCHEDULER)
      ? failed('The Pod runs, and a scheduler too: it may have been the one who chose.')
      : passed('The kubelet of worker-2 started it: a name in the Pod was enough.');
  }),

  back: edge([pods, components], async (world) => {
    if (!componentRuns(world, SCHEDULER)) return waiting('The scheduler is away.');
    const node = (await pod(world, 'by-scheduler'))?.spec.nodeName;
    return node === undefined
      ? waiting('The scheduler runs. The Pod by-scheduler has no node yet.')
      : passed(`The scheduler chose ${node} for by-scheduler.`);
  }),

  refused: edge([events], async (world) => {
    const about = { kind: 'Pod', name: 'big', namespace: NAMESPACE };
    const [event] = await eventsAbout(world, about, 'FailedScheduling');
    if (event === undefined) return waiting('There is no event about big yet.');
    const message = event.message ?? '';
    return message.includes('Insufficient memory')
      ? passed(`The scheduler says: ${message}`)
      : failed(`The scheduler gives another reason: ${message}`);
  }),

  tolerant: edge([pods], async (world) => {
    const node = (await pod(world, 'tolerant'))?.spec.nodeName;
    if (node === undefined) return waiting('The Pod tolerant has no node yet.');
    return node === 'control-plane'
      ? passed('It is on control-plane, which other Pods may not use.')
      : failed(`It is on ${node}.`);
  }),

  labelled: edge([pods, nodes], async (world) => {
    const name = (await pod(world, 'fast'))?.spec.nodeName;
    if (name === undefined) return waiting('The Pod fast has no node yet.');
    const node = await world.cluster.object(resources.nodes, { name });
    return node?.metadata.labels?.['disk'] === 'ssd'
      ? passed(`${name} says that it has an SSD, and got the Pod fast.`)
      : failed(`The Pod fast is on ${name}, which has no such label.`);
  }),

  spread: edge([pods], async (world) => {
    const all = await podsOf(world, NAMESPACE, { app: 'spread' });
    const counts = WORKERS.map((name) => all.filter(({ spec }) => spec.nodeName === name).length);
    return counts.every((count) => count === 2)
      ? passed('Two Pods are on each worker.')
      : waiting(`The workers have ${counts.join(' and ')} Pods of spread.`);
  }),

  preempted: edge([pods, events], async (world) => {
    const urgent = await pod(world, 'urgent');
    if (urgent === undefined) return waiting('There is no Pod urgent yet.');
    const about = { kind: 'Pod', name: 'filler', namespace: NAMESPACE };
    if ((await eventsAbout(world, about, 'Preempted')).length === 0)
      return waiting('No Pod had to go so far.');
    return urgent.spec.nodeName === undefined
      ? waiting('filler has to go. urgent waits for its place.')
      : passed(`urgent has the place of filler on ${urgent.spec.nodeName}.`);
  }),

  clean: gone([pods, nodes], 'Something of this lesson', async (world) => {
    const all = await world.cluster.objects(resources.pods, NAMESPACE);
    if (
      all.some(
        ({ metadata: { name, labels } }) => OURS.includes(name) || labels?.['app'] === 'spread',
      )
    )
      return true;
    const everyNode = await world.cluster.objects(resources.nodes);
    return everyNode.some(({ metadata }) => metadata.labels?.['disk'] !== undefined);
  }),
};
