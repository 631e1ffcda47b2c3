import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { JobBench } from '../testing/job-bench.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await JobBench.start();
});
afterEach(async () => {
  await bench.clear();
  expect(bench.world.errors.splice(0)).toEqual([]);
});
afterAll(() => bench.world.end());

const exceeded = ': BackoffLimitExceeded: Job has reached the specified backoff limit';

describe('a Job', () => {
  it('runs as many Pods at once as it may until as many have succeeded as it wants', async () => {
    await bench.create({ parallelism: 2, completions: 3 });
    expect(bench.takeSent()).toEqual([
      'POST pods',
      'POST pods',
      expect.stringMatching(/^PUT jobs\/job-\d+\/status$/),
    ]);
    const [first, second] = await bench.active();
    expect(first?.metadata).toMatchObject({
      generateName: expect.stringMatching(/^job-\d+-$/),
      finalizers: ['batch.kubernetes.io/job-tracking'],
      ownerReferences: [{ kind: 'Job', controller: true, blockOwnerDeletion: true }],
    });
    expect((await bench.job()).status).toMatchObject({ active: 2, ready: 0, terminating: 0 });
    await bench.end(
      [first, second].flatMap((pod) => pod ?? []),
      'Succeeded',
    );
    expect((await bench.job()).status).toMatchObject({ active: 1, succeeded: 2 });
    await bench.end(await bench.active(), 'Succeeded');
    const { status } = await bench.job();
    expect(status).toMatchObject({
      succeeded: 3,
      ready: 0,
      terminating: 0,
      uncountedTerminatedPods: {},
    });
    expect(status?.active).toBeUndefined();
    expect(status?.completionTime).toBeDefined();
    expect(await bench.conditions()).toEqual([
      'SuccessCriteriaMet: CompletionsReached: Reached expected number of succeeded pods',
      'Complete: CompletionsReached: Reached expected number of succeeded pods',
    ]);
    const pods = await bench.pods();
    expect(pods.map(({ metadata }) => metadata.finalizers)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await bench.events()).toEqual([
      ...Array.from({ length: 3 }, () =>
        expect.stringMatching(/^Normal SuccessfulCreate: Created pod: job-\d+-\w{5}$/),
      ),
      'Normal Completed: Job completed',
    ]);
  });

  it('names Pods that have ended before it takes their finalizers, and counts them after that', async () => {
    await bench.create({});
    const [pod] = await bench.active();
    bench.takeSent();
    await bench.end(
      [pod].flatMap((each) => each ?? []),
      'Succeeded',
    );
    const name = pod?.metadata.name;
    const [first, ...others] = bench.takeSent();
    expect(first).toMatch(/^PUT jobs\/.*\/status$/);
    expect(others).toEqual([`PATCH pods/${name}`, first]);
  });

  it('without completions is done when one Pod has succeeded and none runs any more', async () => {
    const { world } = bench;
    await bench.create({ parallelism: 2 });
    await bench.change({ parallelism: 3 });
    await world.settle();
    const [first, ...others] = await bench.active();
    expect(others).toHaveLength(2);
    await bench.end(
      [first].flatMap((pod) => pod ?? []),
      'Succeeded',
    );
    expect(await bench.conditions()).toEqual([]);
    expect(await bench.active()).toHaveLength(2);
    await bench.end(others, 'Succeeded');
    expect(await bench.conditions()).toContain(
      'Complete: CompletionsReached: Reached expected number of succeeded pods',
    );
    expect((await bench.job()).status?.succeeded).toBe(3);
  });

  it('deletes Pods that are too many, without counting them', async () => {
    await bench.create({ parallelism: 3, completions: 5 });
    await bench.change({ parallelism: 1 });
    await bench.settleBatches();
    expect(await bench.active()).toHaveLength(1);
    const { status } = await bench.job();
    expect(status).toMatchObject({ active: 1, terminating: 0 });
    expect(status?.failed).toBeUndefined();
  });

  it('waits twice as long after each failure, and fails beyond its limit', async () => {
    const { world } = bench;
    await bench.create({ backoffLimit: 2 });
    await bench.exit(await bench.active(), 1);
    // 3 s have gone.
    expect(await bench.active()).toHaveLength(0);
    await world.advance(6000);
    expect(await bench.active()).toHaveLength(0);
    await world.advance(1000);
    expect(await bench.active()).toHaveLength(1);
    await bench.exit(await bench.active(), 1);
    await world.advance(16_000);
    expect(await bench.active()).toHaveLength(0);
    await world.advance(1000);
    expect(await bench.active()).toHaveLength(1);
    await bench.exit(await bench.active(), 1);
    expect((await bench.job()).status?.failed).toBe(3);
    expect(await bench.conditions()).toEqual([`FailureTarget${exceeded}`, `Failed${exceeded}`]);
    expect((await bench.events()).at(-1)).toBe(
      'Warning BackoffLimitExceeded: Job has reached the specified backoff limit',
    );
  });

  it('counts restarts in its Pods as failures, when that is where it restarts', async () => {
    const { client } = bench.world;
    const spec = { restartPolicy: 'OnFailure' as const };
    const containers = [{ name: 'c', image: 'busybox' }];
    await bench.create({ backoffLimit: 2, template: { spec: { ...spec, containers } } });
    const restarted = async (restartCount: number) => {
      const [pod] = await bench.pods();
      const status = { name: 'c', image: 'busybox', imageID: '', ready: true, restartCount };
      await client.patch(
        resources.pods,
        pod?.metadata ?? {},
        {
          type: 'strategic',
          patch: { status: { phase: 'Running', containerStatuses: [status] } },
        },
        { subresource: 'status' },
      );
      await bench.world.settle();
      await bench.settleBatches();
    };
    await restarted(1);
    expect(await bench.conditions()).toEqual([]);
    await restarted(2);
    expect(await bench.conditions()).toEqual([`FailureTarget${exceeded}`, `Failed${exceeded}`]);
    expect(await bench.pods()).toEqual([]);
  });

  it('ends its Pods when it was active for too long', async () => {
    await bench.create({ activeDeadlineSeconds: 30, parallelism: 2, completions: 2 });
    await bench.world.advance(29_000);
    expect(await bench.active()).toHaveLength(2);
    await bench.world.advance(1000);
    await bench.settleBatches();
    expect(await bench.active()).toHaveLength(0);
    expect(await bench.conditions()).toEqual([
      'FailureTarget: DeadlineExceeded: Job was active longer than specified deadline',
      'Failed: DeadlineExceeded: Job was active longer than specified deadline',
    ]);
    expect((await bench.job()).status).toMatchObject({ failed: 2, terminating: 0 });
  });

  it('has no Pods while it is suspended, and its time begins when it is resumed', async () => {
    await bench.create({ suspend: true, activeDeadlineSeconds: 60 });
    expect(await bench.pods()).toEqual([]);
    expect((await bench.job()).status?.startTime).toBeUndefined();
    await bench.world.advance(100_000);
    await bench.change({ suspend: false });
    await bench.settleBatches();
    expect(await bench.active()).toHaveLength(1);
    expect(await bench.conditions()).toEqual(['!Suspended: JobResumed: Job resumed']);
    await bench.change({ suspend: true });
    await bench.settleBatches();
    expect(await bench.active()).toHaveLength(0);
    expect(await bench.conditions()).toEqual(['Suspended: JobSuspended: Job suspended']);
    const { status } = await bench.job();
    expect(status?.startTime).toBeUndefined();
    expect(status?.failed).toBeUndefined();
    const said = (await bench.events()).filter((event) => !event.includes('pod'));
    // The second time it is counted.
    expect(said).toEqual(['Normal Suspended: Job suspended', 'Normal Resumed: Job resumed']);
  });

  it('is left to the controller that it names', async () => {
    await bench.create({ managedBy: 'example.com/queue' });
    expect(bench.takeSent()).toEqual([]);
  });

  it('replaces Pods that are being deleted at once, or when they have failed if it says so', async () => {
    const { client } = bench.world;
    const remove = async () => {
      const [pod] = await bench.active();
      await client.patch(resources.pods, pod?.metadata ?? {}, {
        type: 'json',
        patch: [{ op: 'add', path: '/metadata/finalizers/-', value: 'example.com/hold' }],
      });
      await client.delete(resources.pods, pod?.metadata ?? {}, { gracePeriodSeconds: 0 });
      await bench.world.settle();
      await bench.world.advance(12_000, 4000);
      return client.get(resources.pods, pod?.metadata ?? {});
    };
    await bench.create({});
    await remove();
    expect(await bench.active()).toHaveLength(1);
    expect((await bench.job()).status).toMatchObject({ active: 1, terminating: 1, failed: 1 });
    await bench.create({ podReplacementPolicy: 'Failed' });
    const pod = await remove();
    expect(await bench.active()).toHaveLength(0);
    expect((await bench.job()).status).toMatchObject({ terminating: 1 });
    await bench.exit([pod], 137);
    await bench.world.advance(10_000);
    expect(await bench.active()).toHaveLength(1);
    for (const { metadata } of (await client.list(resources.pods)).items)
      await client.patch(resources.pods, metadata, {
        type: 'merge',
        patch: { metadata: { finalizers: null } },
      });
  });
});

describe('Pods', () => {
  it('of a Job that is deleted lose their finalizers', async () => {
    const { client } = bench.world;
    await bench.create({});
    const pods = await bench.active();
    await bench.clear();
    for (const { metadata } of pods)
      await expect(client.get(resources.pods, metadata)).rejects.toThrow('not found');
  });

  it('that nobody owns are adopted by a Job whose selector they match', async () => {
    const { client } = bench.world;
    const labels = { app: 'mine' };
    const spec = { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'busybox' }] };
    await client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'default', name: 'orphan', labels },
      spec,
    });
    await bench.create({
      manualSelector: true,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
    });
    const [pod, ...others] = await bench.active();
    expect(others).toEqual([]);
    expect(pod?.metadata).toMatchObject({
      name: 'orphan',
      finalizers: ['batch.kubernetes.io/job-tracking'],
    });
    await bench.end(
      [pod].flatMap((each) => each ?? []),
      'Succeeded',
    );
    expect((await bench.job()).status?.succeeded).toBe(1);
  });
});
