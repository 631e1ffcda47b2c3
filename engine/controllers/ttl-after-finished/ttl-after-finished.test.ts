import { afterEach, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const name = { namespace: 'default', name: 'once' };

async function finishedJob(ttlSecondsAfterFinished: number): Promise<void> {
  world = await ControlWorld.start(
    descriptors.filter((descriptor) => descriptor.name === 'ttl-after-finished-controller'),
  );
  await world.client.create(resources.jobs, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: name,
    spec: {
      ttlSecondsAfterFinished,
      template: {
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] },
      },
    },
  });
  const lastTransitionTime = formatTime(world.clock.now());
  const condition = { status: 'True', lastProbeTime: lastTransitionTime, lastTransitionTime };
  const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({ type, ...condition }));
  await world.client.patch(
    resources.jobs,
    name,
    {
      type: 'merge',
      patch: {
        status: { conditions, startTime: lastTransitionTime, completionTime: lastTransitionTime },
      },
    },
    { subresource: 'status' },
  );
  await world.settle();
}

it('deletes a Job when its time is over, and what it owns first', async () => {
  await finishedJob(60);
  await world.advance(59_000);
  expect(world.sent).toEqual([]);
  await world.advance(1000);
  expect(world.sent).toEqual([
    {
      by: 'ttl-after-finished-controller',
      method: 'DELETE',
      path: '/apis/batch/v1/namespaces/default/jobs/once',
    },
  ]);
  const { metadata } = await world.client.get(resources.jobs, name);
  expect(metadata.finalizers).toEqual(['foregroundDeletion']);
});

it('looks again before it deletes: the time may have been made longer', async () => {
  await finishedJob(60);
  await world.client.patch(resources.jobs, name, {
    type: 'merge',
    patch: { spec: { ttlSecondsAfterFinished: 120 } },
  });
  await world.advance(100_000);
  expect(world.sent).toEqual([]);
  await world.advance(20_000);
  expect(world.sent.map(({ method }) => method)).toEqual(['DELETE']);
});

it('leaves a Job that is gone alone', async () => {
  await finishedJob(60);
  await world.client.delete(resources.jobs, name, { propagationPolicy: 'Background' });
  await world.advance(120_000);
  expect(world.sent).toEqual([]);
  const gone = await world.client.get(resources.jobs, name).catch(reasonOf);
  expect(gone).toBe('NotFound');
});
