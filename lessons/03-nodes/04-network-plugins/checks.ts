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
import { conditionOf, containerState, objects, rulesOn } from '../../cluster-checks.ts';

const PLUGINS = '/opt/cni/bin';
const CONFIGURATIONS = '/etc/cni/net.d';
const SPY_LOG = '/var/log/spy.log';
const PORT = 8080;

const pods = objects(resources.pods);
const nodes = objects(resources.nodes);
const machines = { kind: 'nodes' } as const;
const policies = objects(resources.networkPolicies);
const spyLog = { kind: 'files', path: '/var/log', node: 'worker-1' } as const;
const plugins = { kind: 'files', path: PLUGINS, node: 'worker-1' } as const;
const configurations = { kind: 'files', path: CONFIGURATIONS, node: 'worker-1' } as const;

const podOf = (world: LessonWorld, name: string): Promise<Stored<Pod> | undefined> =>
  world.cluster.object(resources.pods, { namespace: 'default', name });

/** Address of a Pod that runs. */
async function addressOf(world: LessonWorld, name: string): Promise<string | undefined> {
  const pod = await podOf(world, name);
  if (pod === undefined || containerState(pod)?.kind !== 'running') return undefined;
  return pod.status?.podIP;
}

/** Whether the Pod `far` answers to the machine of a node. */
async function answersTo(world: LessonWorld, node: string): Promise<boolean> {
  const address = await addressOf(world, 'far');
  if (address === undefined) return false;
  const url = `http://${address}:${PORT}/`;
  const { exitCode } = await world.cluster
    .node(node)
    .run('curl', '--silent', '--max-time', '2', '--output', '/dev/null', url);
  return exitCode === 0;
}

function isPlugged(world: LessonWorld): boolean {
  return world.cluster.state().nodes.some(({ name, plugged }) => name === 'worker-2' && plugged);
}

async function readiness(world: LessonWorld) {
  const node = await world.cluster.object(resources.nodes, { name: 'worker-1' });
  return conditionOf(node, 'Ready');
}

const policyRules = async (world: LessonWorld): Promise<string> => rulesOn(world, 'worker-2');

export const checks: Checks = {
  connected: edge([pods], async (world) => {
    const addresses = await Promise.all(['near', 'far'].map((name) => addressOf(world, name)));
    const [near, far] = addresses;
    return near === undefined || far === undefined
      ? waiting('near and far do not both run yet.')
      : passed(`near has ${near}, and far has ${far}.`);
  }),

  spied: edge([spyLog, pods], async (world) => {
    const log = await world.cluster.node('worker-1').readFile(SPY_LOG);
    if (log === undefined) return waiting('Your plugin has written nothing so far.');
    if (!/^CNI_COMMAND=ADD$/m.test(log) || !/K8S_POD_NAME=near\b/.test(log))
      return waiting('Your plugin was not called for near so far.');
    return (await addressOf(world, 'near')) === undefined
      ? waiting('Your plugin was called, and near does not run yet.')
      : passed('The runtime has executed your plugin, and near runs.');
  }),

  broken: edge([nodes], async (world) => {
    const ready = await readiness(world);
    if (ready?.status !== 'False') return waiting('worker-1 says that it is ready.');
    const { message = '' } = ready;
    return message.includes('NetworkPluginNotReady')
      ? passed(`worker-1 says: ${message}`)
      : failed(`worker-1 is not ready for another reason: ${message}`);
  }),

  mended: gone([nodes, configurations], 'The broken network', async (world) => {
    const files = await world.cluster.node('worker-1').list(CONFIGURATIONS);
    return (await readiness(world))?.status !== 'True' || files.length !== 1;
  }),

  cut: edge([machines], async (world) => {
    if (isPlugged(world)) return waiting('worker-2 has its cable.');
    if (!(await answersTo(world, 'worker-2')))
      return failed('far does not answer on its own node.');
    return (await answersTo(world, 'worker-1'))
      ? waiting('far still answers to worker-1.')
      : passed('far runs and answers on its node; worker-1 does not reach it.');
  }),

  joined: gone(
    [machines],
    'The gap between the nodes',
    async (world) => !isPlugged(world) || !(await answersTo(world, 'worker-1')),
  ),

  isolated: edge([policies, { kind: 'terminal' }], async (world) => {
    const far = await addressOf(world, 'far');
    if (far === undefined) return waiting('far does not run.');
    const policy = await world.cluster.objects(resources.networkPolicies, 'default');
    if (policy.length === 0) return waiting('There is no NetworkPolicy yet.');
    const rules = await policyRules(world);
    return /map isolated-ingress \{/.test(rules) && rules.includes(`chain pod-${far}-ingress {`)
      ? passed(`Packets for ${far} go to a chain of their own.`)
      : waiting(`worker-2 has no rules for ${far} yet.`);
  }),

  'let-in': edge([pods, policies, { kind: 'terminal' }], async (world) => {
    const near = await addressOf(world, 'near');
    if (near === undefined) return waiting('near does not run.');
    const rules = await policyRules(world);
    if (!rules.includes('table ip drydock-policies {'))
      return waiting('No policy is in force on worker-2.');
    return new RegExp(String.raw`\b${near.replaceAll('.', String.raw`\.`)}\b`).test(rules)
      ? passed(`${near} is in a set of those whom the policy lets in.`)
      : waiting(`The rules of worker-2 do not know ${near}.`);
  }),

  clean: gone([pods, policies, plugins], 'Something of this lesson', async (world) => {
    const all = await Promise.all(['near', 'far'].map((name) => podOf(world, name)));
    if (all.some((pod) => pod !== undefined)) return true;
    if ((await world.cluster.objects(resources.networkPolicies, 'default')).length > 0) return true;
    return (await world.cluster.node('worker-1').list(PLUGINS)).includes('spy');
  }),
};
