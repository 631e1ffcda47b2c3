import { resources } from '../../../engine/client/resources.ts';
import { edge, gone, passed, waiting, type Checks, type LessonWorld } from '../../checks.ts';
import { containerState, exists, objects, podsOf, printed } from '../../cluster-checks.ts';

const NAME = { namespace: 'default', name: 'hello' };
const WANTED = 3;
const pods = objects(resources.pods);
const nodes = objects(resources.nodes);

const helloPods = (world: LessonWorld) => podsOf(world, NAME.namespace, { app: NAME.name });

async function running(world: LessonWorld) {
  return (await helloPods(world)).filter((pod) => containerState(pod)?.kind === 'running');
}

async function isCordoned(world: LessonWorld): Promise<boolean> {
  const node = await world.cluster.object(resources.nodes, { name: 'worker-1' });
  return node?.spec?.unschedulable === true;
}

export const checks: Checks = {
  looked: printed(/kube-scheduler-control-plane\s+1\/1/, 'the Pods of the control plane'),

  stored: exists(resources.deployments, NAME),

  three: edge([pods], async (world) => {
    const all = await helloPods(world);
    const count = (await running(world)).length;
    return count === WANTED && all.length === WANTED
      ? passed('A ReplicaSet wants three Pods, and three are running.')
      : waiting(`${count} of ${all.length} Pods are running; three are wanted.`);
  }),

  moved: edge([pods, nodes], async (world) => {
    if (!(await isCordoned(world))) return waiting('worker-1 still takes new Pods.');
    const there = (await running(world)).filter(({ spec }) => spec.nodeName === 'worker-2');
    const all = await helloPods(world);
    return there.length === WANTED && all.length === WANTED
      ? passed('The scheduler had one node to choose from: all three Pods run on worker-2.')
      : waiting(`${there.length} of ${all.length} Pods run on worker-2.`);
  }),

  restarted: edge([pods], async (world) => {
    const all = await helloPods(world);
    const again = all.find((pod) => (containerState(pod)?.restarts ?? 0) > 0);
    return again === undefined
      ? waiting('No container of hello has been started again so far.')
      : passed(`The kubelet started the container of ${again.metadata.name} again.`);
  }),

  clean: gone(
    [pods, nodes, objects(resources.deployments)],
    'Something of this lesson',
    async (world) =>
      (await world.cluster.object(resources.deployments, NAME)) !== undefined ||
      (await world.cluster.objects(resources.pods, NAME.namespace)).some(
        ({ metadata }) => metadata.labels?.['app'] === NAME.name,
      ) ||
      (await isCordoned(world)),
  ),
};
