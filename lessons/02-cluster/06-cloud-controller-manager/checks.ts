import { resources } from '../../../engine/client/resources.ts';
import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Checks,
  type LessonWorld,
} from '../../checks.ts';
import { componentRuns, conditionOf, eventsAbout, objects, printed } from '../../cluster-checks.ts';

const NAMESPACE = 'default';
const MANAGER = 'cloud-controller-manager';
const REPLACED = { name: 'worker-2' };
const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
const components = { kind: 'nodes' } as const;
const nodes = objects(resources.nodes);
const services = objects(resources.services);
const deployments = objects(resources.deployments);

const replaced = (world: LessonWorld) => world.cluster.object(resources.nodes, REPLACED);

/** That the cloud has given a Service. */
async function addressOf(world: LessonWorld, name: string): Promise<string | undefined> {
  const service = await world.cluster.object(resources.services, { namespace: NAMESPACE, name });
  return service?.status?.loadBalancer?.ingress?.[0]?.ip;
}

export const checks: Checks = {
  looked: printed(/worker-1\s+drydock:\/\/\S+/, 'a Node and the machine of the cloud that it is'),

  untrusted: edge([nodes, components], async (world) => {
    if (componentRuns(world, MANAGER)) return waiting('cloud-controller-manager runs.');
    const node = await replaced(world);
    if (node === undefined) return waiting('It is away. There is no Node worker-2.');
    return node.spec?.taints?.some(({ key }) => key === UNINITIALIZED) === true
      ? passed('A new machine has come, and nobody has confirmed it.')
      : waiting('It is away. worker-2 is still the Node that was confirmed before.');
  }),

  vouched: edge([nodes, components], async (world) => {
    if (!componentRuns(world, MANAGER)) return waiting('cloud-controller-manager is away.');
    const node = await replaced(world);
    if (node === undefined) return waiting('There is no Node worker-2.');
    const { taints = [], providerID } = node.spec ?? {};
    if (taints.some(({ key }) => key === UNINITIALIZED)) return waiting('It has the taint still.');
    if (providerID === undefined) return failed('It has no taint, and no providerID either.');
    return conditionOf(node, 'Ready')?.status === 'True'
      ? passed(`The cloud knows it as ${providerID}.`)
      : waiting('It was confirmed, and is not ready yet.');
  }),

  balanced: edge([services], async (world) => {
    const address = await addressOf(world, 'shop');
    if (address === undefined) return waiting('The Service shop has no address yet.');
    const { stdout } = await world.run('curl', '-s', '-m', '2', `http://${address}`);
    return stdout.includes('nginx')
      ? passed(`${address} answers, and no packet has left the machines.`)
      : waiting(`shop has ${address}, where nobody answers yet.`);
  }),

  refused: edge([objects(resources.events)], async (world) => {
    const about = { kind: 'Service', name: 'second', namespace: NAMESPACE };
    const [event] = await eventsAbout(world, about, 'SyncLoadBalancerFailed');
    return event === undefined
      ? waiting('No request for a load balancer of second has failed so far.')
      : passed(`The event says: ${event.message ?? ''}`);
  }),

  recovered: edge([services], async (world) => {
    const address = await addressOf(world, 'second');
    return address === undefined
      ? waiting('The Service second has no address yet.')
      : passed(`The cloud had a better moment: ${address}.`);
  }),

  clean: gone([services, deployments], 'Something of this lesson', async ({ cluster }) => {
    const all = await Promise.all([
      cluster.object(resources.services, { namespace: NAMESPACE, name: 'shop' }),
      cluster.object(resources.services, { namespace: NAMESPACE, name: 'second' }),
      cluster.object(resources.deployments, { namespace: NAMESPACE, name: 'shop' }),
    ]);
    return all.some((each) => each !== undefined);
  }),
};
