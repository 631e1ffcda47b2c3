import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Resource } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

let cluster: KubectlCluster;
beforeAll(async () => {
  cluster = await startKubectlCluster(2);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(cluster.errors).toEqual([]);
});

/** Names such as `pod/web` of what has this label. */
const named = async (kinds: string, label: string): Promise<string[]> => {
  const names = await cluster.kubectl('get', kinds, '-l', label, '-o', 'name');
  return names.split('\n').filter((name) => name !== '');
};

/** Resolves when nothing of a kind is left that belongs to this app. */
function whenNone<T extends KubernetesObject>(resource: Resource<T>, app: string): Promise<void> {
  const informer = cluster.informers.of(resource);
  return new Promise((resolve) => {
    const look = (): void => {
      if (!informer.store.list().some(({ metadata }) => metadata.labels?.['app'] === app))
        resolve();
    };
    informer.addHandler({ onDelete: look });
    void informer.synced.then(look);
  });
}

it('kubectl run needs nothing but a cluster', async () => {
  const { kubectl } = cluster;
  await kubectl('run', 'alone', '--image=web');
  const ready = await kubectl('wait', '--for=condition=Ready', 'pod/alone', '--timeout=240s');
  expect(ready).toBe('pod/alone condition met\n');
});

describe('kubectl delete', () => {
  const create = async (name: string): Promise<void> => {
    const { kubectl } = cluster;
    await kubectl('create', 'deployment', name, '--image=web', '--replicas=2');
    await kubectl('rollout', 'status', `deployment/${name}`, '--timeout=240s');
  };

  it('takes away what a Deployment owns, after it', async () => {
    const { kubectl } = cluster;
    await create('behind');
    await kubectl('delete', 'deployment', 'behind', '--cascade=background');
    await Promise.all([
      whenNone(resources.replicaSets, 'behind'),
      whenNone(resources.pods, 'behind'),
    ]);
    expect(await named('rs,pod', 'app=behind')).toEqual([]);
  });

  it('takes away what a Deployment owns, before it', async () => {
    const { kubectl } = cluster;
    await create('before');
    await kubectl('delete', 'deployment', 'before', '--cascade=foreground', '--timeout=240s');
    expect(await named('rs,pod', 'app=before')).toEqual([]);
  });

  it('leaves orphans', async () => {
    const { kubectl } = cluster;
    await create('left');
    const owned = await named('rs,pod', 'app=left');
    await kubectl('delete', 'deployment', 'left', '--cascade=orphan', '--timeout=240s');
    const owners = '{.items[*].metadata.ownerReferences}';
    expect(await kubectl('get', 'rs', '-l', 'app=left', '-o', `jsonpath=${owners}`)).toBe('');
    await kubectl('delete', 'rs', '-l', 'app=left', '--cascade=orphan', '--timeout=240s');
    expect(await kubectl('get', 'pods', '-l', 'app=left', '-o', `jsonpath=${owners}`)).toBe('');
    const pods = await named('rs,pod', 'app=left');
    expect(pods).toHaveLength(2);
    expect(owned).toEqual(expect.arrayContaining(pods));
  });

  it('empties a namespace', async () => {
    const { kubectl, tryKubectl } = cluster;
    await kubectl('create', 'namespace', 'shop');
    await kubectl('create', 'configmap', 'settings', '-n', 'shop');
    await kubectl('delete', 'namespace', 'shop', '--timeout=240s');
    const { error } = await tryKubectl('get', 'namespace', 'shop');
    expect(error).toBe('Error from server (NotFound): namespaces "shop" not found\n');
  });
});

describe('in a namespace of its own', () => {
  const pod = (name: string, container: string): Promise<void> =>
    cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: tight }
spec: { containers: [{ name: c, image: web, ${container} }] }
`);
  const refusal = (name: string, container: string): Promise<string> =>
    pod(name, container).then(
      () => '',
      (error: unknown) => String(error),
    );

  it('a quota refuses what is too much, until something is deleted', async () => {
    const { kubectl } = cluster;
    await kubectl('create', 'namespace', 'tight');
    await kubectl(
      'wait',
      '--for=create',
      'serviceaccount/default',
      '-n',
      'tight',
      '--timeout=240s',
    );
    await kubectl('create', 'quota', 'small', '-n', 'tight', '--hard=pods=2,requests.cpu=1');
    const used = (pods: number): Promise<string> =>
      kubectl(
        'wait',
        'quota/small',
        '-n',
        'tight',
        `--for=jsonpath={.status.used.pods}=${pods}`,
        '--timeout=240s',
      );
    await used(0);
    const small = 'resources: { requests: { cpu: 100m } }';
    await pod('one', small);
    expect(await refusal('big', 'resources: { requests: { cpu: "1" } }')).toContain(
      'pods "big" is forbidden: exceeded quota: small, requested: requests.cpu=1, used: requests.cpu=100m, limited: requests.cpu=1',
    );
    expect(await refusal('vague', 'command: [web]')).toContain(
      'failed quota: small: must specify requests.cpu for: c',
    );
    await pod('two', small);
    expect(await refusal('three', small)).toContain(
      'exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2',
    );
    await kubectl('delete', 'pod', 'one', '-n', 'tight', '--timeout=240s');
    await used(1);
    await pod('three', small);
    expect(await kubectl('describe', 'quota', 'small', '-n', 'tight')).toMatch(
      /pods +2 +2\nrequests\.cpu +200m +1\n/,
    );
  });

  it('a limit range fills in what is not said, and refuses what is outside', async () => {
    const { apply, kubectl } = cluster;
    await kubectl('delete', 'quota', 'small', '-n', 'tight');
    await apply(`
apiVersion: v1
kind: LimitRange
metadata: { name: usual, namespace: tight }
spec:
  limits:
    - { type: Container, default: { cpu: 500m }, defaultRequest: { cpu: 250m }, max: { cpu: "1" } }
`);
    await pod('silent', 'command: [web]');
    const path = 'jsonpath={.spec.containers[0].resources}';
    expect(JSON.parse(await kubectl('get', 'pod', 'silent', '-n', 'tight', '-o', path))).toEqual({
      limits: { cpu: '500m' },
      requests: { cpu: '250m' },
    });
    expect(await refusal('greedy', 'resources: { limits: { cpu: "2" } }')).toContain(
      'maximum cpu usage per Container is 1, but limit is 2',
    );
  });
});
