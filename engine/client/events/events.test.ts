import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { forbidden } from '../../objects/status/status-error.ts';
import { Client } from '../client.ts';
import { resources } from '../resources.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { advance, settle } from '../testing/settle.ts';
import { EventRecorder } from './event-recorder.ts';
import { SeriesRecorder } from './series-recorder.ts';

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '7' },
  spec: { containers: [] },
};

function setUp() {
  const api = new FakeApi();
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const common = {
    client: new Client({ transport: api.transport, clock, userAgent: 'test' }),
    clock,
    random: new SeededRandom(1),
    onError: (error: unknown) => errors.push(error),
  };
  return { api, clock, errors, common };
}

describe('EventRecorder', () => {
  function recording() {
    const parts = setUp();
    const source = { component: 'kubelet', host: 'node-1' };
    const recorder = new EventRecorder({ ...parts.common, source });
    const events = async () => (await parts.common.client.list(resources.events)).items;
    return { ...parts, recorder, events };
  }

  it('writes what upstream writes', async () => {
    const { recorder, events } = recording();
    recorder.event(pod, 'Normal', 'Pulled', 'Image present', { fieldPath: 'spec.containers{web}' });
    await settle();
    expect(await events()).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: expect.stringMatching(/^web\.17979cfe36[0-9a-f]{6}$/),
          namespace: 'default',
          uid: 'uid-1',
          resourceVersion: '2',
        },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: 'default',
          name: 'web',
          uid: 'u1',
          resourceVersion: '7',
          fieldPath: 'spec.containers{web}',
        },
        reason: 'Pulled',
        message: 'Image present',
        source: { component: 'kubelet', host: 'node-1' },
        firstTimestamp: '2023-11-14T22:13:20Z',
        lastTimestamp: '2023-11-14T22:13:20Z',
        count: 1,
        type: 'Normal',
        reportingComponent: 'kubelet',
        reportingInstance: 'node-1',
      },
    ]);
  });

  it('counts equal events', async () => {
    const { recorder, events, clock, api } = recording();
    for (let count = 0; count < 3; count++) {
      recorder.event(pod, 'Warning', 'BackOff', 'again');
      await advance(clock, 10_000, 10_000);
    }
    expect(await events()).toMatchObject([
      { count: 3, firstTimestamp: '2023-11-14T22:13:20Z', lastTimestamp: '2023-11-14T22:13:40Z' },
    ]);
    expect(api.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(2);
  });

  it('writes one anew that has been forgotten', async () => {
    const { recorder, events, common } = recording();
    recorder.event(pod, 'Normal', 'Started', 'go');
    await settle();
    const [first] = await events();
    await common.client.delete(resources.events, first?.metadata ?? {});
    recorder.event(pod, 'Normal', 'Started', 'go');
    await settle();
    expect(await events()).toMatchObject([{ metadata: { name: first?.metadata.name }, count: 2 }]);
  });

  it('combines similar ones, and drops what is too much', async () => {
    const { recorder, events, clock } = recording();
    for (let count = 1; count <= 12; count++)
      recorder.event(pod, 'Warning', 'Odd', `case ${count}`);
    await settle();
    const combined = (await events()).filter(({ message }) => message?.startsWith('(combined'));
    expect(await events()).toHaveLength(10);
    expect(combined).toMatchObject([
      { message: '(combined from similar events): case 12', count: 3 },
    ]);
    // 25 at once and one more every five minutes, whatever they say.
    for (let count = 1; count <= 30; count++) recorder.event(pod, 'Warning', `R${count}`, 'x');
    await settle();
    expect((await events()).filter(({ reason }) => reason?.startsWith('R'))).toHaveLength(13);
    await advance(clock, 300_000, 100_000);
    recorder.event(pod, 'Warning', 'Later', 'x');
    recorder.event(pod, 'Warning', 'TooMany', 'x');
    await settle();
    expect((await events()).map(({ reason }) => reason)).toContain('Later');
    expect((await events()).map(({ reason }) => reason)).not.toContain('TooMany');
  });

  it('tries again what could not be sent, not what was refused', async () => {
    const { recorder, events, api, clock, errors } = recording();
    api.intercept = () => new Error('down');
    recorder.event(pod, 'Normal', 'A', 'x');
    await advance(clock, 25_000, 1000);
    expect(await events().catch(() => 'down')).toBe('down');
    api.intercept = () => undefined;
    await advance(clock, 10_000, 1000);
    expect(await events()).toHaveLength(1);
    const refusal = forbidden({ group: '', name: 'events' }, '', 'no');
    api.intercept = (request) => (request.startsWith('POST') ? refusal : undefined);
    recorder.event(pod, 'Normal', 'B', 'x');
    await advance(clock, 60_000, 1000);
    expect(errors).toHaveLength(1);
    expect(errors).toMatchObject([{ reason: 'Forbidden' }]);
  });
});

describe('SeriesRecorder', () => {
  function recording() {
    const parts = setUp();
    const recorder = new SeriesRecorder({
      ...parts.common,
      reportingController: 'default-scheduler',
      reportingInstance: 'default-scheduler-node-1',
    });
    const record = (note: string) =>
      recorder.event({
        regarding: pod,
        type: 'Warning',
        reason: 'FailedScheduling',
        action: 'Scheduling',
        note,
      });
    const events = async () => (await parts.common.client.list(resources.groupEvents)).items;
    return { ...parts, recorder, record, events };
  }

  it('writes the first and the second, then from time to time, then the last count', async () => {
    const { record, events, clock, api, recorder } = recording();
    record('0/1 nodes are available');
    await settle();
    expect(await events()).toMatchObject([
      {
        metadata: {
          name: expect.stringMatching(/^web\.17979cfe36[0-9a-f]{6}$/),
          namespace: 'default',
        },
        eventTime: '2023-11-14T22:13:20.000000Z',
        reason: 'FailedScheduling',
        action: 'Scheduling',
        note: '0/1 nodes are available',
        regarding: { kind: 'Pod', name: 'web' },
        reportingController: 'default-scheduler',
        reportingInstance: 'default-scheduler-node-1',
      },
    ]);
    clock.advance(1000);
    for (let count = 0; count < 5; count++) record('0/2 nodes are available');
    await settle();
    const series = async () => (await events()).map((event) => event.series);
    expect(await series()).toEqual([{ count: 2, lastObservedTime: '2023-11-14T22:13:21.000000Z' }]);
    await advance(clock, 12 * 60 * 1000, 60_000);
    expect(await series()).toEqual([{ count: 6, lastObservedTime: '2023-11-14T22:13:21.000000Z' }]);
    // It was over: the next is a new one.
    record('0/1 nodes are available');
    await settle();
    expect(await series()).toHaveLength(2);
    expect(api.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(2);
    recorder.dispose();
  });

  it('keeps to its limit, and loses what is far too much', async () => {
    const { common, clock } = setUp();
    const recorder = new SeriesRecorder({
      ...common,
      reportingController: 'default-scheduler',
      reportingInstance: 'default-scheduler-node-1',
      limit: { perSecond: 50, burst: 100 },
    });
    const count = async () => (await common.client.list(resources.groupEvents)).items.length;
    for (let index = 0; index < 2000; index++)
      recorder.event({
        regarding: { ...pod, metadata: { ...pod.metadata, name: `web-${index}` } },
        type: 'Normal',
        reason: 'Scheduled',
        action: 'Binding',
        note: 'done',
      });
    await settle();
    expect(await count()).toBe(100);
    await advance(clock, 1000);
    expect(await count()).toBe(150);
    await advance(clock, 60_000, 1000);
    expect(await count()).toBe(1100);
    recorder.dispose();
  });

  it('refreshes a series that goes on', async () => {
    const { record, events, clock, recorder } = recording();
    for (let minute = 0; minute < 31; minute++) {
      record('again');
      await advance(clock, 60_000, 60_000);
    }
    expect(await events()).toMatchObject([{ series: { count: 30 } }]);
    recorder.dispose();
  });
});
