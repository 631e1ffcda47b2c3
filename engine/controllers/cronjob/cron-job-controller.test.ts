import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import type { CronJobSpec, Job } from '../../objects/generated/batch-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

/** `FakeClock` begins 2023-11-14 at 22:13:20 UTC. */
const TO_NEXT_MINUTE = 40_100;
const MINUTE = 60_000;
const name = { namespace: 'default', name: 'tick' };

let world: ControlWorld;
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

async function start(
  spec: Partial<CronJobSpec>,
  seed?: (client: Client) => Promise<void>,
): Promise<void> {
  world = await ControlWorld.start(
    descriptors.filter((descriptor) => descriptor.name === 'cronjob-controller'),
    {},
    seed,
  );
  await world.client.create(resources.cronJobs, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: name,
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        metadata: { labels: { app: 'tick' }, annotations: { note: 'kept' } },
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] },
          },
        },
      },
      ...spec,
    },
  });
  await world.settle();
}

async function jobs(): Promise<readonly Job[]> {
  const { items } = await world.client.list(resources.jobs);
  return items.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

const jobNames = async () => (await jobs()).map(({ metadata }) => metadata.name);
const status = async () => (await world.client.get(resources.cronJobs, name)).status;

async function events(): Promise<readonly string[]> {
  const { items } = await world.client.list(resources.events);
  return items
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
}

async function finish(job: string, type: 'Complete' | 'Failed'): Promise<void> {
  const time = formatTime(world.clock.now());
  const condition = { status: 'True', lastProbeTime: time, lastTransitionTime: time };
  const before = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const conditions = [before, type].map((each) => ({ type: each, ...condition }));
  const completed = type === 'Complete' ? { completionTime: time } : {};
  await world.client.patch(
    resources.jobs,
    { namespace: 'default', name: job },
    { type: 'merge', patch: { status: { startTime: time, conditions, ...completed } } },
    { subresource: 'status' },
  );
  await world.settle();
}

describe('a CronJob', () => {
  it('starts a Job each time it is due, and names it by the minute', async () => {
    await start({});
    expect(await jobNames()).toEqual([]);
    await world.advance(TO_NEXT_MINUTE);
    const [job] = await jobs();
    expect(job?.metadata).toMatchObject({
      name: 'tick-28333334',
      labels: { app: 'tick' },
      annotations: {
        note: 'kept',
        'batch.kubernetes.io/cronjob-scheduled-timestamp': '2023-11-14T22:14:00Z',
      },
      ownerReferences: [{ kind: 'CronJob', name: 'tick', controller: true }],
    });
    expect(await status()).toMatchObject({
      active: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'tick-28333334' }],
      lastScheduleTime: '2023-11-14T22:14:00Z',
    });
    await world.advance(MINUTE);
    expect(await jobNames()).toEqual(['tick-28333334', 'tick-28333335']);
    const written = world.sent.filter(({ path }) => !path.endsWith('/events'));
    expect(written.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /apis/batch/v1/namespaces/default/jobs',
      'PUT /apis/batch/v1/namespaces/default/cronjobs/tick/status',
      'POST /apis/batch/v1/namespaces/default/jobs',
      'PUT /apis/batch/v1/namespaces/default/cronjobs/tick/status',
    ]);
    expect(await events()).toEqual([
      'Normal SuccessfulCreate: Created job tick-28333334',
      'Normal SuccessfulCreate: Created job tick-28333335',
    ]);
  });

  it('goes by the clocks of its time zone', async () => {
    // 22:13:20 UTC is 03:43:20 in Kolkata.
    await start({ schedule: '45 3 * * *', timeZone: 'Asia/Kolkata' });
    await world.advance(MINUTE + TO_NEXT_MINUTE);
    const [job] = await jobs();
    expect(job?.metadata.annotations).toMatchObject({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2023-11-15T03:45:00+05:30',
    });
  });

  it('is quiet while it is suspended, and starts what was due last when it is resumed', async () => {
    await start({ suspend: true });
    await world.advance(TO_NEXT_MINUTE + MINUTE);
    expect(await jobNames()).toEqual([]);
    await world.client.patch(resources.cronJobs, name, {
      type: 'merge',
      patch: { spec: { suspend: false } },
    });
    await world.settle();
    expect(await jobNames()).toEqual(['tick-28333335']);
  });

  it('takes a changed schedule at once', async () => {
    await start({ schedule: '0 0 1 1 *' });
    await world.client.patch(resources.cronJobs, name, {
      type: 'merge',
      patch: { spec: { schedule: '*/2 * * * *' } },
    });
    await world.settle();
    await world.advance(TO_NEXT_MINUTE);
    expect(await jobNames()).toEqual(['tick-28333334']);
  });

  it('says that a schedule is never due', async () => {
    await start({ schedule: '0 0 31 2 *' });
    expect(await events()).toEqual([
      'Warning InvalidSchedule: invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second',
    ]);
  });
});

describe('concurrency', () => {
  it('is forbidden: nothing starts while the last Job runs, and what was missed starts afterwards', async () => {
    await start({ concurrencyPolicy: 'Forbid' });
    await world.advance(TO_NEXT_MINUTE);
    await world.advance(MINUTE);
    expect(await jobNames()).toEqual(['tick-28333334']);
    expect((await events()).at(-1)).toBe(
      'Normal JobAlreadyActive: Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    await finish('tick-28333334', 'Complete');
    expect(await jobNames()).toEqual(['tick-28333334', 'tick-28333335']);
    expect(await events()).toContain(
      'Normal SawCompletedJob: Saw completed job: tick-28333334, condition: Complete',
    );
    expect(await status()).toMatchObject({
      active: [{ name: 'tick-28333335' }],
      lastSuccessfulTime: formatTime(world.clock.now()),
    });
  });

  it('is replacement: the last Job goes first', async () => {
    await start({ concurrencyPolicy: 'Replace' });
    await world.advance(TO_NEXT_MINUTE);
    await world.advance(MINUTE);
    expect(await jobNames()).toEqual(['tick-28333335']);
    expect((await status())?.active).toHaveLength(1);
    expect(await events()).toEqual([
      'Normal SuccessfulCreate: Created job tick-28333334',
      'Normal SuccessfulDelete: Deleted job tick-28333334',
      'Normal SuccessfulCreate: Created job tick-28333335',
    ]);
  });
});

describe('what was missed', () => {
  /** The controller was away for a while. */
  async function missed(spec: Partial<CronJobSpec>, minutes: number): Promise<void> {
    await start({ ...spec, suspend: true });
    world.clock.advance(TO_NEXT_MINUTE + minutes * MINUTE);
    await world.client.patch(resources.cronJobs, name, {
      type: 'merge',
      patch: { spec: { suspend: false } },
    });
    await world.settle();
  }

  it('starts once, for the last time it was due', async () => {
    await missed({}, 50);
    expect(await jobNames()).toEqual(['tick-28333384']);
    expect(await events()).toEqual(['Normal SuccessfulCreate: Created job tick-28333384']);
  });

  it('is warned of when it is more than a hundred', async () => {
    await missed({}, 101);
    expect(await events()).toEqual([
      'Warning TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
      'Normal SuccessfulCreate: Created job tick-28333435',
    ]);
  });

  it('is left out when its deadline has passed', async () => {
    await missed({ schedule: '14 22 * * *', startingDeadlineSeconds: 30 }, 2);
    expect(await jobNames()).toEqual([]);
  });
});

describe('Jobs', () => {
  it('of the past go beyond the history limits, the oldest first', async () => {
    await start({ successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 });
    await world.advance(TO_NEXT_MINUTE);
    await finish('tick-28333334', 'Failed');
    expect(await jobNames()).toEqual([]);
    for (const job of ['tick-28333335', 'tick-28333336']) {
      await world.advance(MINUTE);
      await finish(job, 'Complete');
    }
    expect(await jobNames()).toEqual(['tick-28333336']);
  });

  it('that went missing are no longer active', async () => {
    await start({});
    await world.advance(TO_NEXT_MINUTE);
    await world.client.delete(
      resources.jobs,
      { namespace: 'default', name: 'tick-28333334' },
      { propagationPolicy: 'Background' },
    );
    await world.settle();
    expect((await status())?.active).toBeUndefined();
    expect(await events()).toContain('Normal MissingJob: Active job went missing: tick-28333334');
  });

  it('that have the name already and are not ours are left alone', async () => {
    await start({}, async (client) => {
      await client.create(resources.jobs, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { namespace: 'default', name: 'tick-28333334' },
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] },
          },
        },
      });
    });
    await world.advance(TO_NEXT_MINUTE);
    expect((await status())?.active).toBeUndefined();
    expect(await events()).toEqual([]);
  });
});
