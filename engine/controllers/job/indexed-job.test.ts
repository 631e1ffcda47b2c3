import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import type { JobSpec } from '../../objects/generated/batch-v1.generated.ts';
import { JobBench } from '../testing/job-bench.ts';
import { completionIndex, FAILURE_COUNT, IGNORED_FAILURE_COUNT } from './job-pods.ts';

let bench: JobBench;
beforeAll(async () => {
  bench = await JobBench.start();
});
afterEach(async () => {
  await bench.clear();
  expect(bench.world.errors.splice(0)).toEqual([]);
});
afterAll(() => bench.world.end());

const indexed = (completions: number, spec: Partial<JobSpec> = {}): Partial<JobSpec> => ({
  completionMode: 'Indexed',
  completions,
  parallelism: completions,
  ...spec,
});

const active = async () =>
  (await bench.active()).toSorted(
    (one, two) => (completionIndex(one) ?? 0) - (completionIndex(two) ?? 0),
  );
const ofIndexes = async (...indexes: number[]) =>
  (await active()).filter((pod) => indexes.includes(completionIndex(pod) ?? -1));
const activeIndexes = async () => (await active()).map(completionIndex);
const status = async () => (await bench.job()).status;

describe('an Indexed Job', () => {
  it('tells each Pod its index: annotation, label, host name, name, environment', async () => {
    await bench.create(indexed(2));
    const [, pod] = await active();
    const { name } = (await bench.job()).metadata;
    const index = 'batch.kubernetes.io/job-completion-index';
    expect(pod).toMatchObject({
      metadata: {
        name: expect.stringMatching(new RegExp(`^${name}-1-\\w{5}$`)),
        annotations: { [index]: '1' },
        labels: { [index]: '1' },
      },
      spec: {
        hostname: `${name}-1`,
        containers: [
          {
            env: [
              {
                name: 'JOB_COMPLETION_INDEX',
                valueFrom: { fieldRef: { fieldPath: `metadata.labels['${index}']` } },
              },
            ],
          },
        ],
      },
    });
  });

  it('needs each index once', async () => {
    await bench.create(indexed(5, { parallelism: 3 }));
    expect(await activeIndexes()).toEqual([0, 1, 2]);
    await bench.end(await ofIndexes(0, 2), 'Succeeded');
    expect(await status()).toMatchObject({ completedIndexes: '0,2', succeeded: 2, active: 3 });
    expect(await activeIndexes()).toEqual([1, 3, 4]);
    await bench.end(await active(), 'Succeeded');
    expect(await status()).toMatchObject({ completedIndexes: '0-4', succeeded: 5 });
    expect(await bench.conditions()).toContain(
      'Complete: CompletionsReached: Reached expected number of succeeded pods',
    );
  });

  it('can be made larger and smaller', async () => {
    await bench.create(indexed(2));
    await bench.change({ completions: 4, parallelism: 4 });
    await bench.settleBatches();
    expect(await activeIndexes()).toEqual([0, 1, 2, 3]);
    await bench.change({ completions: 1, parallelism: 1 });
    await bench.settleBatches();
    expect(await activeIndexes()).toEqual([0]);
  });

  it('deletes Pods of an index that there is twice', async () => {
    const { client } = bench.world;
    await bench.create(indexed(1));
    const [pod] = await active();
    const {
      annotations = {},
      labels = {},
      ownerReferences = [],
      finalizers = [],
    } = pod?.metadata ?? {};
    await client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'default',
        name: 'twin',
        annotations,
        labels,
        ownerReferences,
        finalizers,
      },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] },
    });
    await bench.world.settle();
    await bench.settleBatches();
    expect(await activeIndexes()).toEqual([0]);
    expect((await status())?.failed).toBeUndefined();
  });

  it('replaces a failed index after a while, and counts failures of all together', async () => {
    await bench.create(indexed(2, { backoffLimit: 1 }));
    await bench.exit(await ofIndexes(1), 1);
    expect(await activeIndexes()).toEqual([0]);
    await bench.world.advance(10_000);
    expect(await activeIndexes()).toEqual([0, 1]);
    await bench.exit(await ofIndexes(0), 1);
    expect(await bench.conditions()).toContain(
      'Failed: BackoffLimitExceeded: Job has reached the specified backoff limit',
    );
  });
});

describe('backoffLimitPerIndex', () => {
  it('counts for each index, in an annotation that the next Pod takes over', async () => {
    await bench.create(indexed(3, { backoffLimitPerIndex: 1 }));
    await bench.exit(await ofIndexes(1), 1);
    expect(await activeIndexes()).toEqual([0, 2]);
    expect((await bench.pods()).filter(({ metadata }) => metadata.finalizers)).toHaveLength(3);
    await bench.world.advance(10_000);
    await bench.settleBatches();
    const [second] = await ofIndexes(1);
    expect(second?.metadata.annotations).toMatchObject({ [FAILURE_COUNT]: '1' });
    await bench.exit(second === undefined ? [] : [second], 1);
    await bench.world.advance(60_000, 10_000);
    expect(await activeIndexes()).toEqual([0, 2]);
    expect(await status()).toMatchObject({ failedIndexes: '1', failed: 2, active: 2 });
    await bench.end(await active(), 'Succeeded');
    expect(await status()).toMatchObject({ failedIndexes: '1', completedIndexes: '0,2' });
    expect(await bench.conditions()).toEqual([
      'FailureTarget: FailedIndexes: Job has failed indexes',
      'Failed: FailedIndexes: Job has failed indexes',
    ]);
  });

  it('fails the Job when too many indexes have failed', async () => {
    await bench.create(indexed(4, { backoffLimitPerIndex: 0, maxFailedIndexes: 1 }));
    await bench.exit(await ofIndexes(0), 1);
    expect(await bench.conditions()).toEqual([]);
    await bench.exit(await ofIndexes(3), 1);
    expect(await activeIndexes()).toEqual([]);
    expect((await bench.conditions()).at(-1)).toBe(
      'Failed: MaxFailedIndexesExceeded: Job has exceeded the specified maximal number of failed indexes',
    );
    expect(await status()).toMatchObject({ failedIndexes: '0,3', failed: 4 });
  });

  it('leaves out failures that the policy ignores, which still wait longer each time', async () => {
    const rules = [
      { action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } },
      { action: 'FailIndex', onExitCodes: { operator: 'In', values: [13] } },
    ] as const;
    await bench.create(indexed(2, { backoffLimitPerIndex: 0, podFailurePolicy: { rules } }));
    await bench.exit(await ofIndexes(0), 42);
    await bench.world.advance(10_000);
    await bench.settleBatches();
    const [second] = await ofIndexes(0);
    expect(second?.metadata.annotations).toMatchObject({
      [FAILURE_COUNT]: '0',
      [IGNORED_FAILURE_COUNT]: '1',
    });
    expect((await status())?.failed).toBeUndefined();
    await bench.exit(await ofIndexes(1), 13);
    expect(await status()).toMatchObject({ failedIndexes: '1', failed: 1 });
  });
});

describe('podFailurePolicy', () => {
  it('fails the Job at once', async () => {
    await bench.create({
      completions: 2,
      parallelism: 2,
      podFailurePolicy: {
        rules: [
          { action: 'Count', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
          {
            action: 'FailJob',
            onExitCodes: { containerName: 'c', operator: 'NotIn', values: [1] },
          },
        ],
      },
    });
    const [pod] = await bench.active();
    await bench.exit(pod === undefined ? [] : [pod], 42);
    const why = `PodFailurePolicy: Container c for pod default/${pod?.metadata.name} failed with exit code 42 matching FailJob rule at index 1`;
    expect(await bench.conditions()).toEqual([`FailureTarget: ${why}`, `Failed: ${why}`]);
  });

  it('ignores failures', async () => {
    await bench.create({
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } }],
      },
    });
    await bench.exit(await bench.active(), 42);
    await bench.world.advance(10_000);
    expect(await bench.active()).toHaveLength(1);
    expect((await status())?.failed).toBeUndefined();
  });
});

describe('successPolicy', () => {
  it('lets the Job succeed when enough of some indexes have, and ends the others', async () => {
    await bench.create(
      indexed(5, { successPolicy: { rules: [{ succeededIndexes: '1,3-4', succeededCount: 2 }] } }),
    );
    await bench.end(await ofIndexes(0, 3), 'Succeeded');
    expect(await bench.conditions()).toEqual([]);
    await bench.end(await ofIndexes(1), 'Succeeded');
    expect(await bench.conditions()).toEqual([
      'SuccessCriteriaMet: SuccessPolicy: Matched rules at index 0',
      'Complete: SuccessPolicy: Matched rules at index 0',
    ]);
    expect(await activeIndexes()).toEqual([]);
    const { failed, succeeded } = (await status()) ?? {};
    expect({ failed, succeeded }).toEqual({ failed: undefined, succeeded: 3 });
  });
});
