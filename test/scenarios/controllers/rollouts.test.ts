import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../../engine/client/resources.ts';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

const NODES = 3;

let cluster: KubectlCluster;
beforeAll(async () => {
  cluster = await startKubectlCluster(NODES);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(cluster.errors).toEqual([]);
});

const rolledOut = (what: string): Promise<string> =>
  cluster.kubectl('rollout', 'status', what, '--timeout=240s');
const when = (what: string, path: string, value: number): Promise<string> =>
  cluster.kubectl('wait', what, `--for=jsonpath={${path}}=${value}`, '--timeout=240s');
const jsonPath = (path: string, ...about: readonly string[]): Promise<string> =>
  cluster.kubectl('get', ...about, '-o', `jsonpath=${path}`);

describe('a Deployment', () => {
  /** Images of ReplicaSets with Pods, and how many. */
  const running = async (): Promise<string[]> => {
    const path =
      '{range .items[*]}{.spec.template.spec.containers[0].image} {.spec.replicas}{"\\n"}{end}';
    const lines = (await jsonPath(path, 'rs', '-l', 'app=web')).trim().split('\n');
    return lines.filter((line) => !line.endsWith(' 0'));
  };
  const setImage = (image: string): Promise<string> =>
    cluster.kubectl('set', 'image', 'deployment/web', `web=${image}`);

  it('rolls out, back, and back to a revision', async () => {
    const { kubectl } = cluster;
    await kubectl('create', 'deployment', 'web', '--image=web:1', '--replicas=3', '--port=80');
    await rolledOut('deployment/web');
    expect(await kubectl('events', '--for', 'deployment/web', '--no-headers')).toMatch(
      /Normal +ScalingReplicaSet +Deployment\/web +Scaled up replica set web-\w+ from 0 to 3/,
    );
    for (const image of ['web:2', 'web:3']) {
      await setImage(image);
      await rolledOut('deployment/web');
      expect(await running()).toEqual([`${image} 3`]);
    }
    await kubectl('rollout', 'undo', 'deployment/web');
    await rolledOut('deployment/web');
    expect(await running()).toEqual(['web:2 3']);
    await kubectl('rollout', 'undo', 'deployment/web', '--to-revision=1');
    await rolledOut('deployment/web');
    expect(await running()).toEqual(['web:1 3']);
    const history = await kubectl('rollout', 'history', 'deployment/web');
    expect(history.match(/^\d+/gm)).toEqual(['3', '4', '5']);
  });

  it('does nothing while it is paused, and goes on when it is resumed', async () => {
    const { kubectl } = cluster;
    await kubectl('rollout', 'pause', 'deployment/web');
    await setImage('web:4');
    const generation = await jsonPath('{.metadata.generation}', 'deployment/web');
    await when('deployment/web', '.status.observedGeneration', Number(generation));
    expect(await running()).toEqual(['web:1 3']);
    await kubectl('rollout', 'resume', 'deployment/web');
    await rolledOut('deployment/web');
    expect(await running()).toEqual(['web:4 3']);
  });

  it('has as many Pods as are wanted', async () => {
    const { kubectl } = cluster;
    for (const replicas of [7, 1]) {
      await kubectl('scale', 'deployment/web', `--replicas=${replicas}`);
      await when('deployment/web', '.status.readyReplicas', replicas);
      expect(await running()).toEqual([`web:4 ${replicas}`]);
    }
  });
});

describe('a StatefulSet', () => {
  const images = (): Promise<string> =>
    jsonPath(
      '{range .items[*]}{.metadata.name} {.spec.containers[0].image},{end}',
      'pods',
      '-l',
      'app=db',
    );

  it('starts its Pods one after the other', async () => {
    const steps: string[] = [];
    const ready = new Set<string>();
    const { apply, informers } = cluster;
    informers.of(resources.pods).addHandler({
      onAdd: ({ metadata }) => metadata.labels?.['app'] === 'db' && steps.push(`+${metadata.name}`),
      onUpdate: (_old, { metadata, status }) => {
        const isReady = status?.conditions?.some(
          (condition) => condition.type === 'Ready' && condition.status === 'True',
        );
        if (metadata.labels?.['app'] !== 'db' || isReady !== true || ready.has(metadata.name))
          return;
        ready.add(metadata.name);
        steps.push(`${metadata.name} is ready`);
      },
    });
    await apply(`
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 3
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: db:1 }] }
`);
    await rolledOut('statefulset/db');
    expect(steps).toEqual([
      '+db-0',
      'db-0 is ready',
      '+db-1',
      'db-1 is ready',
      '+db-2',
      'db-2 is ready',
    ]);
  });

  it('updates only what is not kept back by its partition', async () => {
    const { kubectl } = cluster;
    const partition = (value: number): Promise<string> =>
      kubectl(
        'patch',
        'statefulset/db',
        '-p',
        JSON.stringify({ spec: { updateStrategy: { rollingUpdate: { partition: value } } } }),
      );
    await partition(2);
    await kubectl('set', 'image', 'statefulset/db', 'db=db:2');
    expect(await rolledOut('statefulset/db')).toContain(
      'partitioned roll out complete: 1 new pods have been updated',
    );
    expect(await images()).toBe('db-0 db:1,db-1 db:1,db-2 db:2,');
    await partition(0);
    await rolledOut('statefulset/db');
    expect(await images()).toBe('db-0 db:2,db-1 db:2,db-2 db:2,');
  });
});

it('a DaemonSet has one Pod on each node, and updates them', async () => {
  const { apply, kubectl } = cluster;
  await apply(`
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { containers: [{ name: agent, image: agent:1 }] }
`);
  await rolledOut('daemonset/agent');
  await kubectl('set', 'image', 'daemonset/agent', 'agent=agent:2');
  await rolledOut('daemonset/agent');
  const path = '{range .items[*]}{.spec.nodeName} {.spec.containers[0].image}{"\\n"}{end}';
  const pods = (await jsonPath(path, 'pods', '-l', 'app=agent')).trim().split('\n').toSorted();
  expect(pods).toEqual([0, 1, 2].map((node) => `hollow-000${node} agent:2`));
});
