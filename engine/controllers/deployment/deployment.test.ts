import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { DeploymentSpec } from '../../objects/generated/apps-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { ControlWorld } from '../testing/control-world.ts';
import { DeploymentWorld } from '../testing/deployment-world.ts';

let world: ControlWorld;
let web: DeploymentWorld;
let count = 0;
beforeAll(async () => (world = await DeploymentWorld.startControllers()));
afterAll(() => world.end());
afterEach(() => expect(world.errors.splice(0)).toEqual([]));

async function start(spec: Partial<DeploymentSpec> = {}): Promise<void> {
  web = await DeploymentWorld.start(world, `test-${++count}`, spec);
}

const status = async () => (await web.deployment()).status;

/** Type, status, reason and message of each condition; hashes as `#`. */
async function conditions(): Promise<readonly string[]> {
  const all = (await status())?.conditions ?? [];
  return all
    .map(({ type, status: value, reason, message }) => [type, value, reason, message].join(' '))
    .map((text) => text.replaceAll(/web-\w+/g, 'web-#'))
    .toSorted((a, b) => (a < b ? -1 : 1));
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } },
});

it('waits longer each time when others keep writing first', async () => {
  await start();
  await web.finish();
  let tries = 0;
  world.elsewhere = (path) => {
    if (!path.endsWith('/deployments/web/status')) return undefined;
    tries++;
    return { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Conflict', code: 409 };
  };
  const { metadata } = await web.deployment();
  const patch = { spec: { replicas: 5 } };
  await world.client.patch(resources.deployments, metadata, { type: 'merge', patch });
  await world.advance(150, 5);
  expect(tries).toBeGreaterThan(3);
  // Without waiting longer it would have tried every 5 ms.
  expect(tries).toBeLessThan(12);
  world.elsewhere = () => undefined;
  await world.advance(1000);
  expect(await status()).toMatchObject({ observedGeneration: 2, replicas: 5 });
});

describe('a new Deployment', () => {
  it('gets a ReplicaSet of its template', async () => {
    await start();
    const [set] = await web.replicaSets();
    const hash = set?.metadata.labels?.['pod-template-hash'] ?? '';
    expect(set?.metadata.name).toBe(`web-${hash}`);
    expect(set?.metadata.annotations).toEqual({
      note: 'first',
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(set?.spec.selector.matchLabels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(set?.spec.template?.metadata?.labels).toEqual({ app: 'web', 'pod-template-hash': hash });
    expect(web.sent().slice(0, 2)).toEqual(['POST replicasets', 'PUT deployments/web/status']);
    expect(await web.events()).toEqual([
      'ScalingReplicaSet Scaled up replica set web-# from 0 to 3',
    ]);
    expect((await web.deployment()).metadata.annotations).toEqual({
      note: 'first',
      'deployment.kubernetes.io/revision': '1',
    });
    expect(await conditions()).toEqual([
      'Available False MinimumReplicasUnavailable Deployment does not have minimum availability.',
      'Progressing True ReplicaSetUpdated ReplicaSet "web-#" is progressing.',
    ]);
  });

  it('is complete when all are available', async () => {
    await start();
    await web.finish();
    expect(await status()).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      terminatingReplicas: 0,
    });
    expect(await conditions()).toEqual([
      'Available True MinimumReplicasAvailable Deployment has minimum availability.',
      'Progressing True NewReplicaSetAvailable ReplicaSet "web-#" has successfully progressed.',
    ]);
    web.sent();
    await world.advance(3_600_000);
    expect(web.sent()).toEqual([]);
  });

  it('waits until its Pods have been ready for long enough', async () => {
    await start({ minReadySeconds: 30 });
    await web.finish();
    expect((await status())?.availableReplicas).toBeUndefined();
    await world.advance(30_000);
    expect((await status())?.availableReplicas).toBe(3);
  });
});

describe('a rolling update', () => {
  it('goes on as Pods become available', async () => {
    await start({ replicas: 4, ...rolling(1, 1) });
    await web.finish();
    await web.useImage('busybox:2');
    expect(await web.sizes()).toEqual(['3/3', '0/2']);
    await web.becomeReady(1);
    expect(await web.sizes()).toEqual(['2/2', '1/3']);
    await web.becomeReady(1);
    expect(await web.sizes()).toEqual(['1/1', '2/4']);
    await web.becomeReady(1);
    expect(await web.sizes()).toEqual(['0/0', '3/4']);
    await web.becomeReady(1);
    expect(await web.sizes()).toEqual(['0/0', '4/4']);
    expect(await web.events()).toEqual([
      'ScalingReplicaSet Scaled up replica set web-# from 0 to 4',
      'ScalingReplicaSet Scaled up replica set web-# from 0 to 1',
      'ScalingReplicaSet Scaled down replica set web-# from 4 to 3',
      'ScalingReplicaSet Scaled up replica set web-# from 1 to 2',
      'ScalingReplicaSet Scaled down replica set web-# from 3 to 2',
      'ScalingReplicaSet Scaled up replica set web-# from 2 to 3',
      'ScalingReplicaSet Scaled down replica set web-# from 2 to 1',
      'ScalingReplicaSet Scaled up replica set web-# from 3 to 4',
      'ScalingReplicaSet Scaled down replica set web-# from 1 to 0',
    ]);
    const { metadata } = await web.deployment();
    expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
  });

  it('goes back to a ReplicaSet that is there already', async () => {
    await start({ replicas: 2 });
    await web.finish();
    await web.useImage('busybox:2');
    await web.finish();
    await web.useImage('busybox:1');
    await web.finish();
    const sets = await web.replicaSets();
    expect(sets).toHaveLength(2);
    expect(sets[1]?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(await web.sizes()).toEqual(['0/0', '2/2']);
  });

  it('removes what never became ready first', async () => {
    await start({ replicas: 4, ...rolling(1, 1) });
    await web.finish();
    await web.useImage('broken');
    await web.useImage('busybox:3');
    expect(await web.sizes()).toEqual(['3/3', '0/0', '0/2']);
    await web.finish();
    expect(await web.sizes()).toEqual(['0/0', '0/0', '4/4']);
  });

  it('keeps as much history as it is to', async () => {
    await start({ replicas: 1, revisionHistoryLimit: 1 });
    for (const image of ['a', 'b', 'c']) {
      await web.finish();
      await web.useImage(image);
    }
    await web.finish();
    const sets = await web.replicaSets();
    expect(sets.map(({ spec }) => spec.template?.spec?.containers[0]?.image)).toEqual(['b', 'c']);
  });

  it('follows annotations and minReadySeconds without rolling anything out', async () => {
    await start();
    await web.finish();
    await web.patch({
      metadata: { annotations: { note: 'second' } },
      spec: { minReadySeconds: 5 },
    });
    const [set, ...others] = await web.replicaSets();
    expect(others).toEqual([]);
    expect(set?.metadata.annotations?.['note']).toBe('second');
    expect(set?.spec.minReadySeconds).toBe(5);
  });
});

it('recreates: nothing new before all that is old has gone', async () => {
  await start({ replicas: 2, strategy: { type: 'Recreate' } });
  await web.finish();
  const old = await web.pods();
  for (const { metadata } of old)
    await world.client.createSubresource(resources.pods, metadata, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: metadata.name, namespace: web.namespace },
      target: { apiVersion: 'v1', kind: 'Node', name: 'node-1' },
    });
  await web.useImage('busybox:2');
  expect(await web.sizes()).toEqual(['0/0']);
  expect(await web.pods()).toEqual([]);
  expect(await status()).toMatchObject({ terminatingReplicas: 2 });
  for (const { metadata } of old)
    await world.client.delete(resources.pods, metadata, { gracePeriodSeconds: 0 });
  await world.settle();
  expect(await web.sizes()).toEqual(['0/0', '0/2']);
  await web.finish();
  expect(await web.sizes()).toEqual(['0/0', '2/2']);
});

describe('scaling', () => {
  it('changes the one ReplicaSet that has replicas', async () => {
    await start();
    await web.finish();
    await web.patch({ spec: { replicas: 5 } });
    await web.finish();
    expect(await web.sizes()).toEqual(['5/5']);
    await web.patch({ spec: { replicas: 0 } });
    expect(await web.sizes()).toEqual(['0/0']);
    expect((await web.events()).slice(1)).toEqual([
      'ScalingReplicaSet Scaled up replica set web-# from 3 to 5',
      'ScalingReplicaSet Scaled down replica set web-# from 5 to 0',
    ]);
  });

  it('keeps shares in the midst of a rollout', async () => {
    // The example of Kubernetes' documentation on proportional scaling.
    await start({ replicas: 10, ...rolling(3, 2) });
    await web.finish();
    await web.useImage('broken');
    expect(await web.sizes()).toEqual(['8/8', '0/5']);
    await web.patch({ spec: { replicas: 15 } });
    expect(await web.sizes()).toEqual(['8/11', '0/7']);
  });
});

describe('a pause', () => {
  it('holds a rollout, but not scaling', async () => {
    await start({ replicas: 2 });
    await web.finish();
    await web.patch({ spec: { paused: true } });
    await web.useImage('busybox:2');
    expect(await web.sizes()).toEqual(['2/2']);
    expect(await conditions()).toContain(
      'Progressing Unknown DeploymentPaused Deployment is paused',
    );
    await web.patch({ spec: { replicas: 3 } });
    await web.finish();
    expect(await web.sizes()).toEqual(['3/3']);
    await world.advance(3_600_000);
    await web.patch({ spec: { paused: false } });
    expect(await web.sizes()).toEqual(['3/3', '0/1']);
    await web.finish();
    expect(await web.sizes()).toEqual(['0/0', '3/3']);
    expect(await conditions()).toContain(
      'Progressing True NewReplicaSetAvailable ReplicaSet "web-#" has successfully progressed.',
    );
  });

  it('begins the time in which it has to get on anew', async () => {
    await start({ progressDeadlineSeconds: 60 });
    await world.advance(50_000);
    await web.patch({ spec: { paused: true } });
    await world.advance(600_000);
    await web.patch({ spec: { paused: false } });
    expect(await conditions()).toContain(
      'Progressing Unknown DeploymentResumed Deployment is resumed',
    );
    await world.advance(62_000);
    expect(await conditions()).toContain(
      'Progressing False ProgressDeadlineExceeded ReplicaSet "web-#" has timed out progressing.',
    );
  });
});

describe('the deadline', () => {
  it('passes when nothing gets on for so long', async () => {
    await start({ progressDeadlineSeconds: 60 });
    await world.advance(40_000);
    await web.becomeReady(1);
    await world.advance(59_000);
    expect(await conditions()).toContain(
      'Progressing True ReplicaSetUpdated ReplicaSet "web-#" is progressing.',
    );
    await world.advance(3000);
    const timedOut =
      'Progressing False ProgressDeadlineExceeded ReplicaSet "web-#" has timed out progressing.';
    expect(await conditions()).toContain(timedOut);
    const known = (await status())?.conditions?.find(({ type }) => type === 'Progressing');
    expect(known?.lastTransitionTime).toBe(formatTime(world.clock.now()));
    await web.finish();
    expect(await conditions()).toContain(
      'Progressing True NewReplicaSetAvailable ReplicaSet "web-#" has successfully progressed.',
    );
  });

  it('may be none', async () => {
    await start({ progressDeadlineSeconds: 2_147_483_647 });
    await world.advance(36_000_000);
    expect(await conditions()).toEqual([
      'Available False MinimumReplicasUnavailable Deployment does not have minimum availability.',
    ]);
  });
});

describe('rolling back in the way of extensions/v1beta1', () => {
  const back = async (revision: string): Promise<void> =>
    web.patch({ metadata: { annotations: { 'deprecated.deployment.rollback.to': revision } } });
  const image = async () => (await web.deployment()).spec.template.spec?.containers[0]?.image;

  it('takes the template and annotations of a revision', async () => {
    await start({ replicas: 1 });
    await web.finish();
    await web.patch({ metadata: { annotations: { note: 'second' } } });
    await web.useImage('busybox:2');
    await web.finish();
    await back('0');
    expect(await image()).toBe('busybox:1');
    expect((await web.deployment()).metadata.annotations).toMatchObject({ note: 'second' });
    await web.finish();
    await back('2');
    expect(await image()).toBe('busybox:2');
    const texts = (await web.events()).filter((text) => text.startsWith('DeploymentRollback'));
    expect(texts).toEqual([
      'DeploymentRollback Rolled back deployment "web" to revision 1',
      'DeploymentRollback Rolled back deployment "web" to revision 2',
    ]);
  });

  it('says why it cannot', async () => {
    await start({ replicas: 1 });
    await web.finish();
    await back('0');
    await back('7');
    await back('1');
    const texts = (await web.events()).filter((text) => text.startsWith('DeploymentRollback'));
    expect(texts).toEqual([
      'DeploymentRollbackRevisionNotFound Unable to find last revision.',
      'DeploymentRollbackRevisionNotFound Unable to find the revision to rollback to.',
      'DeploymentRollbackTemplateUnchanged The rollback revision contains the same template as current deployment "web"',
    ]);
    const { annotations } = (await web.deployment()).metadata;
    expect(annotations).not.toHaveProperty(['deprecated.deployment.rollback.to']);
  });
});

describe('what is in the way', () => {
  it('is passed by with another hash when another template has the same', async () => {
    await start({ replicas: 1, paused: true });
    const { spec } = await web.deployment();
    await web.patch({ spec: { paused: false } });
    const [made] = await web.replicaSets();
    if (made === undefined) throw new Error('no ReplicaSet');
    // The same name with another template: what a collision looks like.
    await web.patch({ spec: { paused: true } });
    await world.client.delete(resources.replicaSets, made.metadata, {
      propagationPolicy: 'Background',
    });
    const { labels = {}, name, namespace = web.namespace } = made.metadata;
    await world.client.create(resources.replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name, namespace, labels: { ...labels, app: 'other' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'other' } },
        template: {
          metadata: { labels: { app: 'other' } },
          ...(spec.template.spec && { spec: spec.template.spec }),
        },
      },
    });
    await world.settle();
    await web.patch({ spec: { paused: false } });
    await world.advance(1000);
    expect(world.errors.splice(0).map(reasonOf)).toEqual(['AlreadyExists']);
    expect((await status())?.collisionCount).toBe(1);
    const sets = (await web.replicaSets()).filter((set) => set.metadata.name !== name);
    expect(sets).toHaveLength(1);
  });

  it('is told by the ReplicaSet that it stops', async () => {
    await start({ replicas: 0 });
    const containers = [
      { name: 'c', image: 'busybox', resources: { limits: { cpu: '5' }, requests: { cpu: '5' } } },
    ];
    await world.client.create(resources.limitRanges, {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { namespace: web.namespace, name: 'tiny' },
      spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] },
    });
    await web.patch({ spec: { replicas: 1, template: { spec: { containers } } } });
    const failure = (await conditions()).find((text) => text.startsWith('ReplicaFailure'));
    expect(failure).toMatch(
      /^ReplicaFailure True FailedCreate pods "web-#-?\w*" is forbidden: maximum cpu usage per Container is 1/,
    );
    expect(world.errors.splice(0).length).toBeGreaterThan(0);
  });

  it('adopts a ReplicaSet that matches and lets go of one that does no longer', async () => {
    await start({ replicas: 1 });
    await web.finish();
    const [set] = await web.replicaSets();
    if (set === undefined) throw new Error('no ReplicaSet');
    const relabel = async (app: string): Promise<void> => {
      await world.client.patch(resources.replicaSets, set.metadata, {
        type: 'merge',
        patch: { metadata: { labels: { app } } },
      });
      await world.settle();
    };
    const owners = async () =>
      (await world.client.get(resources.replicaSets, set.metadata)).metadata.ownerReferences;
    await web.patch({ spec: { paused: true } });
    await relabel('other');
    expect(await owners()).toBeUndefined();
    await relabel('web');
    expect(await owners()).toMatchObject([{ kind: 'Deployment', name: 'web' }]);
  });
});
