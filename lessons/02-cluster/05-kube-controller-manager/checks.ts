import { resources } from '../../../engine/client/resources.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { edge, gone, passed, waiting, type Checks, type LessonWorld } from '../../checks.ts';
import {
  componentRuns,
  conditionOf,
  exists,
  hasCondition,
  objects,
  podsOf,
} from '../../cluster-checks.ts';

const NAMESPACE = 'default';
const WEB = { namespace: NAMESPACE, name: 'web' };
const TEAM = 'new-team';
const MANAGER = 'kube-controller-manager';
const WANTED = 4;
const components = { kind: 'nodes' } as const;
const pods = objects(resources.pods);
const nodes = objects(resources.nodes);
const deployments = objects(resources.deployments);
const endpointSlices = objects(resources.endpointSlices);
const namespaces = objects(resources.namespaces);
const serviceAccounts = objects(resources.serviceAccounts);

const webPods = (world: LessonWorld) => podsOf(world, NAMESPACE, { app: WEB.name });

function isReady(pod: Stored<Pod>): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True';
}

/** That the Service web leads to. */
async function addresses(world: LessonWorld): Promise<readonly string[]> {
  const slices = await world.cluster.objects(resources.endpointSlices, NAMESPACE);
  return slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === WEB.name)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready === true)
    .flatMap((endpoint) => endpoint.addresses);
}

async function isTainted(world: LessonWorld): Promise<boolean> {
  const node = await world.cluster.object(resources.nodes, { name: 'worker-2' });
  const taints = node?.spec?.taints ?? [];
  return taints.some(({ key, effect }) => key === 'lesson' && effect === 'NoExecute');
}

const AT_WORK = 'The controllers are at work.';

export const checks: Checks = {
  made: edge([endpointSlices], async (world) => {
    const count = (await addresses(world)).length;
    return count === 2
      ? passed('Two addresses are behind the Service.')
      : waiting(`${count} addresses are behind the Service; two should be.`);
  }),

  unseen: edge([deployments, components], async (world) => {
    if (componentRuns(world, MANAGER)) return waiting(AT_WORK);
    const web = await world.cluster.object(resources.deployments, WEB);
    if (web === undefined) return waiting('The controllers are away. There is no Deployment web.');
    const { generation = 0 } = web.metadata;
    const { observedGeneration = 0 } = web.status ?? {};
    return generation > observedGeneration
      ? passed(`Generation ${generation} was wished for, ${observedGeneration} was seen.`)
      : waiting('The controllers are away. Nobody has wished for anything new.');
  }),

  stale: edge([pods, endpointSlices, components], async (world) => {
    if (componentRuns(world, MANAGER)) return waiting(AT_WORK);
    const there = new Set(
      (await world.cluster.objects(resources.pods, NAMESPACE)).map(({ status }) => status?.podIP),
    );
    const dead = (await addresses(world)).filter((address) => !there.has(address));
    return dead.length > 0
      ? passed(`Nobody is at ${dead.join(', ')} any more, and the list still has it.`)
      : waiting('All addresses of the list are those of Pods.');
  }),

  homeless: edge([namespaces, serviceAccounts], async (world) => {
    const namespace = await world.cluster.object(resources.namespaces, { name: TEAM });
    if (namespace === undefined) return waiting(`There is no namespace ${TEAM} yet.`);
    const accounts = await world.cluster.objects(resources.serviceAccounts, TEAM);
    return accounts.length === 0
      ? passed('Nobody has made a service account there.')
      : waiting('It has a service account: controllers are, or were, at work.');
  }),

  mended: edge([pods, endpointSlices, components], async (world) => {
    if (!componentRuns(world, MANAGER)) return waiting('The controllers are away.');
    const ready = (await webPods(world)).filter(isReady);
    if (ready.length !== WANTED) return waiting(`${ready.length} of ${WANTED} Pods are ready.`);
    const listed = (await addresses(world)).toSorted().join(' ');
    const real = ready.map(({ status }) => status?.podIP ?? '').toSorted();
    return listed === real.join(' ')
      ? passed('Four Pods, and their four addresses.')
      : waiting(`The list has ${listed}; the Pods have ${real.join(' ')}.`);
  }),

  visitor: exists(resources.pods, { namespace: TEAM, name: 'visitor' }),

  job: hasCondition(resources.jobs, { namespace: NAMESPACE, name: 'squares' }, 'Complete'),

  evicted: edge([pods, nodes], async (world) => {
    if (!(await isTainted(world))) return waiting('worker-2 has no such taint.');
    const all = await webPods(world);
    const elsewhere = all.filter((pod) => isReady(pod) && pod.spec.nodeName !== 'worker-2');
    return elsewhere.length === WANTED && all.length === WANTED
      ? passed('The Pods of worker-2 were deleted, and others took their place.')
      : waiting(`${elsewhere.length} of ${WANTED} Pods are ready on other nodes.`);
  }),

  clean: gone([deployments, pods, nodes, namespaces], 'Something of this lesson', async (world) => {
    const { cluster } = world;
    return (
      (await cluster.object(resources.deployments, WEB)) !== undefined ||
      (await cluster.object(resources.jobs, { namespace: NAMESPACE, name: 'squares' })) !==
        undefined ||
      (await cluster.object(resources.namespaces, { name: TEAM })) !== undefined ||
      (await isTainted(world))
    );
  }),
};
