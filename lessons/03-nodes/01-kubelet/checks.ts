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
import { conditionOf, containerState, objects, processesOn } from '../../cluster-checks.ts';

const NODE = 'worker-1';
const MANIFESTS = '/etc/kubernetes/manifests';
/** What the static Pod runs. */
const ALONE = 'sleep 86400';
const KILLED = 137;
const pods = objects(resources.pods);
const nodes = { kind: 'nodes' } as const;
const manifests = { kind: 'files', path: MANIFESTS, node: NODE } as const;

const podOf = (world: LessonWorld, name: string): Promise<Stored<Pod> | undefined> =>
  world.cluster.object(resources.pods, { namespace: 'default', name });

function isPlugged(world: LessonWorld): boolean {
  return world.cluster.state().nodes.some(({ name, plugged }) => name === NODE && plugged);
}

const staticProcess = async (world: LessonWorld): Promise<string | undefined> =>
  (await processesOn(world, NODE, `^${ALONE}$`))[0];

export const checks: Checks = {
  running: edge([pods], async (world) => {
    const pod = await podOf(world, 'web');
    if (pod === undefined) return waiting('There is no Pod web yet.');
    if (pod.spec.nodeName !== NODE)
      return failed(`web is on ${pod.spec.nodeName ?? 'no node'}; it should be on ${NODE}.`);
    const state = containerState(pod);
    return state?.kind === 'running'
      ? passed(`The kubelet of ${NODE} has started its container.`)
      : waiting(`The container of web is waiting: ${state?.reason ?? 'nothing is known of it'}.`);
  }),

  ready: edge([pods], async (world) => {
    const pod = await podOf(world, 'web');
    if (pod === undefined) return waiting('There is no Pod web.');
    return conditionOf(pod, 'Ready')?.status === 'True'
      ? passed(
          `The probe is answered. The container was started again ${containerState(pod)?.restarts ?? 0} times.`,
        )
      : waiting('web is not ready: the probe gets no page /ready.');
  }),

  hung: edge([pods], async (world) => {
    const pod = await podOf(world, 'web');
    const status = pod?.status?.containerStatuses?.[0];
    const code = status?.lastState?.terminated?.exitCode;
    if (status === undefined || code === undefined)
      return waiting('No container of web has ended so far.');
    if (code !== KILLED)
      return failed(
        `The last container of web ended with exit code ${code}. One that hangs is killed: ${KILLED}.`,
      );
    return status.state?.running === undefined
      ? waiting('The hanging container was killed. The new one does not run yet.')
      : passed(`It was killed, and a new one runs: restart ${status.restartCount}.`);
  }),

  backoff: edge([pods], async (world) => {
    const pod = await podOf(world, 'quits');
    if (pod === undefined) return waiting('There is no Pod quits yet.');
    const state = containerState(pod);
    return state?.reason === 'CrashLoopBackOff' && state.restarts > 0
      ? passed(`Started again ${state.restarts} times; the next time has to wait.`)
      : waiting(
          `Its container is ${state?.reason ?? state?.kind ?? 'unknown'}, started again ${state?.restarts ?? 0} times.`,
        );
  }),

  alone: edge([nodes, manifests], async (world) => {
    if (isPlugged(world)) return waiting(`The cable of ${NODE} is plugged in.`);
    if ((await podOf(world, `alone-${NODE}`)) !== undefined)
      return failed(
        'The API server knows the Pod already. Remove its manifest, then pull the cable and put it back.',
      );
    const found = await staticProcess(world);
    return found === undefined
      ? waiting(`${NODE} is cut off. No process “${ALONE}” runs there yet.`)
      : passed(`Process ${found.split(' ')[0]} runs, and the API server knows nothing of it.`);
  }),

  mirror: () => {
    let first:
      | { readonly uid: string | undefined; readonly process: string | undefined }
      | undefined;
    return {
      kind: 'edge',
      triggers: [pods, nodes],
      async evaluate(world) {
        const mirror = await podOf(world, `alone-${NODE}`);
        if (mirror === undefined) return waiting('The API server has no mirror of alone.');
        const { uid } = mirror.metadata;
        first ??= { uid, process: await staticProcess(world) };
        if (uid === first.uid) return waiting('The mirror is there. Nobody has deleted it so far.');
        const process = await staticProcess(world);
        return process !== undefined && process === first.process
          ? passed(
              `The mirror is a new one, and process ${process.split(' ')[0]} is still the same.`,
            )
          : failed('The process of alone is not the one from before.');
      },
    };
  },

  clean: gone([pods, nodes, manifests], 'Something of this lesson', async (world) => {
    const all = await Promise.all(
      ['web', 'quits', `alone-${NODE}`].map((name) => podOf(world, name)),
    );
    return all.some((pod) => pod !== undefined) || !isPlugged(world);
  }),
};
