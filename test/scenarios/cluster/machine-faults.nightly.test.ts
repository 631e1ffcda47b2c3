import { beforeEach, describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import {
  apply,
  freezeNode,
  get,
  killNode,
  kubectl,
  newNamespace,
  replaceNode,
  runOnNode,
  setCable,
  thawNode,
  tryKubectl,
  until,
  waitFor,
} from './real-cluster.ts';
import { FOREVER, pod, stateOf } from './pods-of.ts';

/** What befalls whole machines. At night the files of the cluster run one after another: nobody else needs `worker-2` now. */
const VICTIM = 'worker-2';

const readyOf = async (node: string): Promise<string | undefined> => {
  const { status } = (await get('default', `node/${node}`)) as unknown as Node;
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
};
const becomes = (status: 'True' | 'Unknown') =>
  until(async () => (await readyOf(VICTIM)) === status, `${VICTIM} Ready=${status}`, 300_000);
const taints = async (): Promise<readonly string[]> => {
  const { spec } = (await get('default', `node/${VICTIM}`)) as unknown as Node;
  return (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
};

/** A Pod of this node, which stays where it is. */
const pinned = (name: string, script = FOREVER, container: object = {}): object =>
  pod(
    name,
    script,
    { nodeName: VICTIM, terminationGracePeriodSeconds: 2, tolerations: [{ operator: 'Exists' }] },
    container,
  );

/** Two Pods on two nodes, which move five seconds after theirs is lost, where others have five minutes. */
function deployment(name: string): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'busybox', command: ['sleep', '100000'] }],
          tolerations: ['not-ready', 'unreachable'].map((condition) => ({
            key: `node.kubernetes.io/${condition}`,
            operator: 'Exists',
            effect: 'NoExecute',
            tolerationSeconds: 5,
          })),
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: { app: name } },
            },
          ],
        },
      },
    },
  };
}

async function list(namespace: string): Promise<readonly Pod[]> {
  const { items } = JSON.parse(await kubectl('get', 'pods', '-n', namespace, '-o', 'json')) as {
    readonly items: readonly Pod[];
  };
  return items;
}
const living = (pods: readonly Pod[]) =>
  pods.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);

/** What is left in the machine of Pods that are gone: sandboxes, containers, mounts and network namespaces. */
async function leftovers(namespace: string): Promise<string> {
  return runOnNode(
    VICTIM,
    `crictl pods --namespace ^${namespace}$ -q; crictl ps -a --namespace ^${namespace}$ -q; true`,
  );
}

describe('a machine', () => {
  let namespace: string;
  beforeEach(async () => {
    await becomes('True');
    await until(async () => (await taints()).length === 0, `no taints of ${VICTIM}`);
  });

  it('that is cut off is unreachable, and its Pods run on', async () => {
    namespace = await newNamespace('cut');
    await apply(namespace, pinned('stays'));
    await waitFor(namespace, '--for=condition=Ready', 'pod/stays');
    await setCable(VICTIM, false);
    try {
      await becomes('Unknown');
      await until(
        async () => (await taints()).includes('node.kubernetes.io/unreachable:NoExecute'),
        'its taint',
      );
      const found = (await get(namespace, 'pod/stays')) as unknown as Pod;
      expect(found.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
      expect(await runOnNode(VICTIM, `crictl ps -q --namespace ^${namespace}$`)).not.toBe('');
    } finally {
      await setCable(VICTIM, true);
    }
    await becomes('True');
    await waitFor(namespace, '--for=condition=Ready', 'pod/stays');
    const found = (await get(namespace, 'pod/stays')) as unknown as Pod;
    expect(found.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  it('that is frozen loses its Pods to others, and ends them when it goes on', async () => {
    namespace = await newNamespace('frozen');
    await apply(namespace, deployment('moves'));
    await waitFor(namespace, '--for=condition=Available', 'deployment/moves');
    const before = living(await list(namespace));
    expect(new Set(before.map(({ spec }) => spec?.nodeName))).toContain(VICTIM);
    await freezeNode(VICTIM);
    try {
      await becomes('Unknown');
      await until(async () => {
        const pods = living(await list(namespace));
        return (
          pods.length === 2 &&
          pods.every(({ spec, status }) => spec?.nodeName !== VICTIM && status?.phase === 'Running')
        );
      }, 'Pods on other nodes');
    } finally {
      await thawNode(VICTIM);
    }
    await becomes('True');
    await until(async () => (await list(namespace)).length === 2, 'the old Pod gone');
    await until(async () => (await leftovers(namespace)) === '', 'nothing of it left');
  });

  it('that is killed takes its Pods along, and a new one joins under its name', async () => {
    namespace = await newNamespace('killed');
    await apply(namespace, deployment('moves'), pinned('forgotten'));
    await waitFor(namespace, '--for=condition=Available', 'deployment/moves');
    await waitFor(namespace, '--for=condition=Ready', 'pod/forgotten');
    await killNode(VICTIM);
    try {
      await becomes('Unknown');
      await until(async () => {
        const pods = living(await list(namespace));
        const moved = pods.filter(({ metadata }) => metadata?.labels?.['app'] === 'moves');
        return moved.length === 2 && moved.every(({ spec }) => spec?.nodeName !== VICTIM);
      }, 'Pods on other nodes');
    } finally {
      await replaceNode(VICTIM);
    }
    await becomes('True');
    expect(await readyOf('worker-1')).toBe('True');
    await apply(namespace, pinned('again'));
    await waitFor(namespace, '--for=condition=Ready', 'pod/again');
    // What ran there is gone, and it is not to be started again.
    await waitFor(namespace, '--for=jsonpath={.status.phase}=Failed', 'pod/forgotten');
    await until(async () => (await list(namespace)).length === 4, 'the old Pod gone');
  });
});

describe('a container', () => {
  it('that takes more memory than it may is killed by the kernel', async () => {
    const namespace = await newNamespace('memory');
    await apply(
      namespace,
      pinned('hog', 'tail /dev/zero', { resources: { limits: { memory: '16Mi' } } }),
    );
    const terminated = await until(async () => {
      const found = (await get(namespace, 'pod/hog')) as unknown as Pod;
      return stateOf(found)?.terminated;
    }, 'its end');
    expect(terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  it('that forks without end spoils nothing for others, and goes', async () => {
    const namespace = await newNamespace('forks');
    await apply(
      namespace,
      pinned('bomb', 'b() { b | b & b; }; b; sleep 100000', {
        resources: { limits: { memory: '24Mi', cpu: '200m' } },
      }),
      pinned('neighbour'),
    );
    await waitFor(namespace, '--for=condition=Ready', 'pod/neighbour');
    expect(await readyOf(VICTIM)).toBe('True');
    await kubectl('delete', '-n', namespace, 'pod/bomb', '--timeout=180s');
    await until(
      async () =>
        (
          await runOnNode(VICTIM, `crictl ps -a --name main --namespace ^${namespace}$ -q | wc -l`)
        ).trim() === '1',
      'only the neighbour',
    );
  });

  it('that ignores SIGTERM is killed when its grace is over', async () => {
    const namespace = await newNamespace('deaf');
    await apply(namespace, pinned('deaf', "trap '' TERM; while :; do sleep 1; done"));
    await waitFor(namespace, '--for=condition=Ready', 'pod/deaf');
    const started = performance.now();
    await kubectl('delete', '-n', namespace, 'pod/deaf', '--timeout=120s');
    expect(performance.now() - started).toBeGreaterThan(2000);
    const { stderr } = await tryKubectl(['get', '-n', namespace, 'pod/deaf']);
    expect(stderr).toContain('NotFound');
    await until(async () => (await leftovers(namespace)) === '', 'nothing of it left');
  });
});
