import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

let cluster: KubectlCluster;
beforeAll(async () => {
  cluster = await startKubectlCluster(2);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  expect(cluster.errors).toEqual([]);
});

/** A Pod's template whose container ends at once. */
const template = (exitCode: number): string => `
  template:
    metadata: { annotations: { hollow.drydock.dev/exit-code: "${exitCode}" } }
    spec: { restartPolicy: Never, containers: [{ name: c, image: busybox }] }`;

const job = (name: string, exitCode: number, spec: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: ${name} }
spec:
  ${spec.trim().replaceAll('\n', '\n  ')}${template(exitCode)}
`;

const jsonPath = (path: string, ...about: readonly string[]): Promise<string> =>
  cluster.kubectl('get', ...about, '-o', `jsonpath=${path}`);

describe('a Job', () => {
  it('runs its Pods to completion, index by index', async () => {
    const { apply, kubectl } = cluster;
    await apply(job('batch', 0, 'completions: 5\nparallelism: 2\ncompletionMode: Indexed'));
    await kubectl('wait', '--for=condition=complete', 'job/batch', '--timeout=240s');
    expect(await kubectl('get', 'job', 'batch', '--no-headers')).toMatch(/^batch +Complete +5\/5 /);
    const pods = await kubectl('get', 'pods', '-l', 'job-name=batch', '--no-headers');
    expect(pods.trim().split('\n')).toEqual(
      [0, 1, 2, 3, 4].map((index) =>
        expect.stringMatching(new RegExp(`^batch-${index}-\\w{5} +0/1 +Completed +0 `)),
      ),
    );
    expect(await jsonPath('{.status.completedIndexes} {.status.succeeded}', 'job/batch')).toBe(
      '0-4 5',
    );
    const said = await kubectl('events', '--for', 'job/batch', '--no-headers');
    expect(said).toMatch(/Normal +Completed +Job\/batch +Job completed/);
  });

  it('fails when its Pods do, and says why', async () => {
    const { apply, kubectl } = cluster;
    const spec = `
backoffLimit: 3
podFailurePolicy:
  rules: [{ action: FailJob, onExitCodes: { operator: In, values: [42] } }]`;
    await apply(job('broken', 42, spec));
    await kubectl('wait', '--for=condition=failed', 'job/broken', '--timeout=240s');
    expect(await kubectl('describe', 'job', 'broken')).toMatch(
      /Warning +PodFailurePolicy +\S+ +job-controller +Container c for pod default\/broken-\w{5} failed with exit code 42 matching FailJob rule at index 0/,
    );
  });

  it('waits while it is suspended', async () => {
    const { apply, kubectl } = cluster;
    await apply(job('later', 0, 'suspend: true'));
    await kubectl('wait', '--for=condition=suspended', 'job/later', '--timeout=240s');
    expect(await kubectl('get', 'pods', '-l', 'job-name=later', '-o', 'name')).toBe('');
    await kubectl('patch', 'job', 'later', '-p', '{"spec":{"suspend":false}}');
    await kubectl('wait', '--for=condition=complete', 'job/later', '--timeout=240s');
  });
});

it('a CronJob starts Jobs when it is time, until it is suspended', async () => {
  const { apply, kubectl } = cluster;
  await apply(`
apiVersion: batch/v1
kind: CronJob
metadata: { name: tick }
spec:
  schedule: "@every 1s"
  timeZone: Asia/Kolkata
  jobTemplate:
    spec:${template(0).replaceAll('\n', '\n    ')}
`);
  await kubectl(
    'wait',
    '--for=jsonpath={.status.lastSuccessfulTime}',
    'cronjob/tick',
    '--timeout=240s',
  );
  await kubectl('patch', 'cronjob', 'tick', '-p', '{"spec":{"suspend":true}}');
  const [name = ''] = (await kubectl('get', 'jobs', '-o', 'name')).match(/tick-\d{8}/) ?? [];
  expect(await jsonPath('{.metadata.annotations}', `job/${name}`)).toMatch(
    /"batch.kubernetes.io\/cronjob-scheduled-timestamp":"[-\d]+T[:\d]+\+05:30"/,
  );
  expect(await kubectl('get', 'cronjob', 'tick', '--no-headers')).toMatch(
    /^tick +@every 1s +Asia\/Kolkata +True +\d /,
  );
  await kubectl('create', 'job', 'by-hand', '--from=cronjob/tick');
  await kubectl('wait', '--for=condition=complete', 'job/by-hand', '--timeout=240s');
  expect(await kubectl('events', '--for', 'cronjob/tick', '--no-headers')).toMatch(
    /Normal +SawCompletedJob +CronJob\/tick +Saw completed job: tick-\d{8}, condition: Complete/,
  );
});
