import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { printMetrics } from '../../base/metric.ts';
import { SeededRandom } from '../../base/random.ts';
import { advance, settle } from '../../client/testing/settle.ts';
import type { Container, PodSpec, Probe } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import { CriError } from '../../runtime/cri/types.ts';
import { FakeCri, type FakeExecResult } from '../testing/fake-cri.ts';
import { FakePods } from '../testing/fake-pods.ts';
import { startContainer } from '../testing/start-container.ts';
import { Prober } from './prober.ts';

let clock: FakeClock;
let cri: FakeCri;
let pods: FakePods;
let events: string[];
let outcomes: string[];
let prober: Prober;
let answer: FakeExecResult | Error;
/** seconds since the start at which a command was executed */
let probed: number[];

const EXEC = { exec: { command: ['check'] } };

beforeEach(() => {
  clock = new FakeClock();
  cri = new FakeCri(clock);
  pods = new FakePods();
  events = [];
  outcomes = [];
  probed = [];
  answer = {};
  cri.onExec = () => {
    probed.push(clock.monotonic() / 1000);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const context = {
    pods,
    cri,
    clock,
    random: new SeededRandom(1),
    events: {
      pod: (_pod: object, type: string, reason: string, message: string, container?: string) =>
        void events.push(`${type} ${reason} ${container} ${message}`),
      node: () => undefined,
    },
    agent: { dial: () => Promise.reject(new Error('no network')) },
    onError: (error: unknown) => {
      throw error;
    },
  };
  prober = new Prober(context, '1.37');
  prober.results(({ kind, containerId, outcome }) =>
    outcomes.push(`${kind} ${containerId} ${outcome}`),
  );
});

const container = (probes: Partial<Container>): Container => ({ name: 'web', ...probes });

/** A Pod whose kubelet has been there for long, with a container that has just been started. */
async function startPod(spec: Partial<PodSpec>, started?: boolean): Promise<string> {
  clock.advance(1_000_000);
  probed.length = 0;
  const pod = pods.set({ metadata: { name: 'web' }, spec: { containers: [], ...spec } });
  const id = await startContainer(cri, 'web');
  runs(id, started);
  prober.add(pod);
  await settle();
  return id;
}

function runs(id: string, started = true): void {
  pods.setStatus('web', {
    phase: 'Running',
    podIP: '10.244.0.5',
    containerStatuses: [
      {
        name: 'web',
        containerID: `drydock://${id}`,
        image: '',
        imageID: '',
        ready: false,
        restartCount: 0,
        started,
        state: { running: { startedAt: formatTime(clock.now()) } },
      },
    ],
  });
}

const probe = (more: Partial<Probe> = {}): Probe => ({ ...EXEC, periodSeconds: 5, ...more });
const times = () => probed.map((time) => time - 1000);

describe('a readiness probe', () => {
  it('begins at once, goes on in its period, and tells what changes', async () => {
    answer = { stdout: 'not yet', exitCode: 1 };
    const id = await startPod({
      containers: [container({ readinessProbe: probe({ successThreshold: 2 }) })],
    });
    await advance(clock, 6000, 500);
    answer = {};
    await advance(clock, 10_000, 500);
    expect(times()).toEqual([0, 5, 10, 15]);
    expect(outcomes).toEqual([`readiness ${id} failure`, `readiness ${id} success`]);
    expect(events).toEqual([
      'Warning Unhealthy web Readiness probe failed: not yet',
      'Warning Unhealthy web Readiness probe failed: not yet',
    ]);
    expect(prober.outcome('readiness', id)).toBe('success');
    expect(prober.isProbed('readiness', 'uid-web', 'web')).toBe(true);
    expect(prober.isProbed('liveness', 'uid-web', 'web')).toBe(false);
  });

  it('waits out its initial delay, and is made at once when asked for', async () => {
    const readinessProbe = probe({ initialDelaySeconds: 12, periodSeconds: 10 });
    await startPod({ containers: [container({ readinessProbe })] });
    await advance(clock, 14_000, 500);
    expect(times()).toEqual([]);
    prober.trigger('readiness', 'uid-web', 'web');
    await settle();
    await advance(clock, 11_000, 500);
    expect(times()).toEqual([14, 24]);
  });

  it('is not made at the same time by all after a restart of the kubelet', async () => {
    const pod = pods.set({
      metadata: { name: 'web' },
      spec: { containers: [container({ readinessProbe: probe() })] },
    });
    runs(await startContainer(cri, 'web'));
    prober.add(pod);
    await advance(clock, 5000, 100);
    expect(probed).toHaveLength(1);
    expect(probed[0]).toBeGreaterThan(0);
  });

  it('says nothing of a container that was ready before the kubelet was started', async () => {
    const pod = pods.set({
      metadata: { name: 'web' },
      spec: { containers: [container({ readinessProbe: probe() })] },
    });
    const id = await startContainer(cri, 'web');
    runs(id);
    const [status] = pods.status('uid-web')?.containerStatuses ?? [];
    if (status === undefined) throw new Error('no status');
    const state = { running: { startedAt: formatTime(clock.now() - 60_000) } };
    pods.setStatus('web', { containerStatuses: [{ ...status, state }] });
    prober.add(pod);
    await advance(clock, 5000, 100);
    expect(outcomes).toEqual([`readiness ${id} success`]);
  });

  it('ends with its Pod', async () => {
    await startPod({ containers: [container({ readinessProbe: probe() })] });
    prober.remove('uid-web');
    await advance(clock, 20_000, 500);
    expect(times()).toEqual([0]);
    expect(clock.pending).toBe(0);
    expect(prober.isProbed('readiness', 'uid-web', 'web')).toBe(false);
  });
});

describe('a liveness probe', () => {
  it('gives up a container after so many failures and waits for the next', async () => {
    answer = { stderr: 'dead', exitCode: 2 };
    const livenessProbe = probe({ failureThreshold: 2 });
    const id = await startPod({ containers: [container({ livenessProbe })] });
    await advance(clock, 20_000, 500);
    expect(times()).toEqual([0, 5]);
    expect(outcomes).toEqual([`liveness ${id} success`, `liveness ${id} failure`]);
    const next = await startContainer(cri, 'web', { attempt: 1 });
    runs(next);
    await advance(clock, 5000, 500);
    expect(times()).toEqual([0, 5, 25]);
    expect(prober.outcome('liveness', id)).toBeUndefined();
    expect(prober.outcome('liveness', next)).toBe('success');
  });

  it('ceases when the Pod is to end, but not that of a sidecar', async () => {
    const livenessProbe = probe();
    await startPod({
      containers: [container({ livenessProbe, readinessProbe: probe() })],
      initContainers: [{ name: 'side', restartPolicy: 'Always', livenessProbe }],
    });
    prober.stopLiveness('uid-web');
    expect(prober.isProbed('liveness', 'uid-web', 'web')).toBe(false);
    expect(prober.isProbed('readiness', 'uid-web', 'web')).toBe(true);
    expect(prober.isProbed('liveness', 'uid-web', 'side')).toBe(true);
    prober.retain(new Set());
    expect(prober.isProbed('liveness', 'uid-web', 'side')).toBe(false);
  });

  it('waits until the container has started', async () => {
    answer = { exitCode: 1 };
    const id = await startPod(
      {
        containers: [
          container({ livenessProbe: probe(), startupProbe: probe({ periodSeconds: 1 }) }),
        ],
      },
      false,
    );
    await advance(clock, 500);
    expect(outcomes).toEqual([`startup ${id} unknown`, `liveness ${id} success`]);
    answer = {};
    await advance(clock, 1000);
    expect(outcomes.at(-1)).toBe(`startup ${id} success`);
    runs(id);
    await advance(clock, 4000);
    expect(times()).toEqual([0, 1, 5]);
  });
});

describe('a probe that cannot be made', () => {
  it('is tried three times and counts for nothing', async () => {
    answer = new CriError('UNKNOWN', 'the runtime is away');
    const livenessProbe = probe({ failureThreshold: 1 });
    const id = await startPod({ containers: [container({ livenessProbe })] });
    expect(times()).toEqual([0, 0, 0]);
    expect(events).toEqual([
      'Warning Unhealthy web Liveness probe errored and resulted in unknown state: the runtime is away',
    ]);
    expect(outcomes).toEqual([`liveness ${id} success`]);
  });

  it('may name a port that is not there', async () => {
    const livenessProbe = { tcpSocket: { port: 'http' } };
    await startPod({ containers: [container({ livenessProbe })] });
    expect(events).toEqual([
      'Warning Unhealthy web Liveness probe errored and resulted in unknown state: port "http" not found',
    ]);
  });
});

it('fails when its time is over', async () => {
  cri.onExec = () => new Promise(() => {});
  await startPod({ containers: [container({ livenessProbe: probe({ timeoutSeconds: 2 }) })] });
  await advance(clock, 2000);
  expect(events).toEqual([
    'Warning Unhealthy web Liveness probe failed: command timed out: "check" timed out after 2s',
  ]);
});

it('stops when the container will not run again', async () => {
  await startPod({
    restartPolicy: 'OnFailure',
    containers: [container({ livenessProbe: probe() })],
  });
  const [status] = pods.status('uid-web')?.containerStatuses ?? [];
  if (status === undefined) throw new Error('no status');
  pods.setStatus('web', {
    containerStatuses: [{ ...status, state: { terminated: { exitCode: 0 } } }],
  });
  await advance(clock, 5000, 500);
  expect(prober.isProbed('liveness', 'uid-web', 'web')).toBe(false);
});

it('is counted', async () => {
  await startPod({ containers: [container({ livenessProbe: probe() })] });
  const text = await printMetrics(prober.metrics.all(clock.now()));
  expect(text).toContain(
    'prober_probe_total{container="web",namespace="default",pod="web",pod_uid="uid-web",probe_type="Liveness",result="successful"} 1\n',
  );
  prober.remove('uid-web');
  await settle();
  expect(await printMetrics(prober.metrics.all(clock.now()))).not.toContain('probe_total');
});
