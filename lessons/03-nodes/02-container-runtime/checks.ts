import { resources } from '../../../engine/client/resources.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import type { ContainerStatus, Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Checks,
  type LessonWorld,
} from '../../checks.ts';
import { containerState, objects, processesOn } from '../../cluster-checks.ts';

const NODE = 'worker-1';
const NAME = { namespace: 'default', name: 'pair' };
/** Bytes that `web` may use in the end. */
const LARGER = 96 * 1024 * 1024;
const pods = objects(resources.pods);
const terminal = { kind: 'terminal' } as const;

const pair = (world: LessonWorld): Promise<Stored<Pod> | undefined> =>
  world.cluster.object(resources.pods, NAME);

function statusOf(pod: Pod, container: string): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === container);
}

/** As the runtime calls it; the Pod’s status has the runtime’s name before it. */
function containerId(pod: Pod, container: string): string {
  return statusOf(pod, container)?.containerID?.replace(/^.*:\/\//, '') ?? '';
}

const isRunning = (pod: Pod): boolean =>
  ['web', 'side'].every((name) => containerState(pod, name)?.kind === 'running');

/** The directory of a container’s cgroup on its node. */
const cgroupOf = (pod: Pod, container: string): string =>
  `/kubepods/burstable/pod${pod.metadata.uid}/${containerId(pod, container)}`;

export const checks: Checks = {
  asked: edge([pods, terminal], async (world) => {
    const pod = await pair(world);
    if (pod === undefined || !isRunning(pod))
      return waiting('The two containers of pair do not both run yet.');
    const shown = world.printed();
    return ['web', 'side'].every((name) => shown.includes(containerId(pod, name).slice(0, 13)))
      ? passed('The terminal has shown both by the ids that the runtime gave them.')
      : waiting('Both containers run. The terminal has not shown what the runtime calls them.');
  }),

  cgroup: edge([terminal], async (world) => {
    const pod = await pair(world);
    if (pod === undefined) return waiting('There is no Pod pair.');
    return world.printed().replaceAll('\n', '').includes(cgroupOf(pod, 'web'))
      ? passed('It ends with the uid of the Pod and the id of the container.')
      : waiting('The terminal has not shown the cgroup of web yet.');
  }),

  shared: edge([terminal], async (world) => {
    const pod = await pair(world);
    if (pod === undefined) return waiting('There is no Pod pair.');
    const log = `/var/log/pods/default_pair_${pod.metadata.uid}/web`;
    const machine = world.cluster.node(NODE);
    const files = await machine.list(log);
    const texts = await Promise.all(files.map((name) => machine.readFile(`${log}/${name}`)));
    return texts.some((text) => /127\.0\.0\.1 - .*curl/.test(text ?? ''))
      ? passed('nginx has answered a neighbour in its own network namespace.')
      : waiting('nginx has logged no request of curl from 127.0.0.1 so far.');
  }),

  written: edge([terminal], async (world) => {
    const pod = await pair(world);
    const address = pod?.status?.podIP;
    if (address === undefined) return waiting('The Pod pair has no address.');
    const { exitCode } = await world.cluster
      .node(NODE)
      .run('curl', '--silent', '--fail', '--max-time', '3', `http://${address}/note.html`);
    return exitCode === 0
      ? passed('nginx serves the page.')
      : waiting('nginx has no page note.html yet.');
  }),

  resized: edge([pods], async (world) => {
    const pod = await pair(world);
    if (pod === undefined) return waiting('There is no Pod pair.');
    const file = `/sys/fs/cgroup${cgroupOf(pod, 'web')}/memory.max`;
    const limit = (await world.cluster.node(NODE).readFile(file))?.trim();
    if (limit !== String(LARGER))
      return waiting(`The cgroup of web says ${limit ?? 'nothing'}; ${LARGER} bytes are wanted.`);
    return containerState(pod, 'web')?.restarts === 0
      ? passed('The file has the new number, and nothing was started again.')
      : failed('The limit is right, and the container was started again.');
  }),

  again: () => {
    let first: Stored<Pod> | undefined;
    return {
      kind: 'edge',
      triggers: [pods],
      async evaluate(world) {
        const pod = await pair(world);
        if (pod === undefined) return waiting('There is no Pod pair.');
        if (pod.metadata.uid !== first?.metadata.uid) first = pod;
        const address = pod.status?.podIP;
        if (address === first.status?.podIP)
          return waiting(`Its sandbox is the first one, with the address ${address ?? 'none'}.`);
        return isRunning(pod)
          ? passed(`The new sandbox has the address ${address ?? 'none'}.`)
          : waiting('The sandbox is a new one. The containers do not both run in it yet.');
      },
    };
  },

  clean: gone([pods], 'Something of pair', async (world) => {
    if ((await pair(world)) !== undefined) return true;
    return (await processesOn(world, NODE, '^(nginx: |sleep 86400$)')).length > 0;
  }),
};
