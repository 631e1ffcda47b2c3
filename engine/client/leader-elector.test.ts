import { describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { Client } from './client.ts';
import { LeaderElector, type LeaderElectorOptions } from './leader-elector.ts';
import { resources } from './resources.ts';
import { FakeApi } from './testing/fake-api.ts';
import { advance, settle } from './testing/settle.ts';

const lease = { namespace: 'kube-system', name: 'kube-scheduler' };

function setUp() {
  const api = new FakeApi();
  const clock = new FakeClock();
  const log: string[] = [];
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  let seed = 1;
  /** Writes down when it leads and no longer: `+a@0`, `-a@12000`. */
  const candidate = (identity: string, options: Partial<LeaderElectorOptions> = {}) => {
    const stop = new AbortController();
    const elector = new LeaderElector({
      client,
      clock,
      random: new SeededRandom(seed++),
      lease,
      identity,
      onError: () => {},
      ...options,
    });
    const ended = elector.run(stop.signal, async (leading) => {
      log.push(`+${identity}`);
      await new Promise((resolve) => leading.addEventListener('abort', resolve));
      log.push(`-${identity}`);
    });
    return { elector, ended, stop: () => stop.abort() };
  };
  return { api, clock, client, log, candidate };
}

describe('LeaderElector', () => {
  it('lets one lead and the next follow when the first is gone', async () => {
    const { client, clock, candidate, log } = setUp();
    const leaders: string[] = [];
    const a = candidate('a');
    await settle();
    const b = candidate('b', { onNewLeader: (identity) => leaders.push(identity) });
    await advance(clock, 60_000, 500);
    expect(log).toEqual(['+a']);
    expect([a.elector.isLeader, b.elector.isLeader, b.elector.leader]).toEqual([true, false, 'a']);
    const held = await client.get(resources.leases, lease);
    expect(held.spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2023-11-14T22:13:20.000000Z',
    });
    a.stop();
    await a.ended;
    await advance(clock, 14_000, 500);
    expect(log).toEqual(['+a', '-a']);
    await advance(clock, 8000, 500);
    expect(log).toEqual(['+a', '-a', '+b']);
    expect(leaders).toEqual(['a', 'b']);
    expect((await client.get(resources.leases, lease)).spec.leaseTransitions).toBe(1);
    b.stop();
  });

  it('leaves the lease to the next when it is told to release it', async () => {
    const { clock, candidate, log } = setUp();
    const a = candidate('a', { releaseOnCancel: true });
    await settle();
    const b = candidate('b');
    await advance(clock, 10_000, 500);
    a.stop();
    await a.ended;
    await advance(clock, 5000, 500);
    expect(log).toEqual(['+a', '-a', '+b']);
    b.stop();
  });

  it('stops leading when it cannot renew, before another may begin', async () => {
    const { api, clock, candidate, log } = setUp();
    const a = candidate('a');
    await settle();
    await advance(clock, 4000, 500);
    const cut = clock.monotonic();
    api.intercept = (request) => (request.startsWith('PUT') ? new Error('down') : undefined);
    while (log.length < 2) await advance(clock, 100);
    const took = clock.monotonic() - cut;
    expect(took).toBeGreaterThanOrEqual(10_000);
    expect(took).toBeLessThan(15_000);
    await a.ended;
    api.intercept = () => undefined;
    const b = candidate('b');
    await advance(clock, 30_000, 500);
    expect(log).toEqual(['+a', '-a', '+b']);
    b.stop();
  });

  it('stops leading when the server does not answer', async () => {
    const { api, clock, log } = setUp();
    let hangs = false;
    const client = new Client({
      transport: (request) => (hangs ? new Promise(() => {}) : api.transport(request)),
      clock,
      userAgent: 'test',
    });
    const elector = new LeaderElector({
      client,
      clock,
      random: new SeededRandom(1),
      lease,
      identity: 'a',
      onError: () => expect.unreachable(),
    });
    const ended = elector.run(new AbortController().signal, async (leading) => {
      log.push('+a');
      await new Promise((resolve) => leading.addEventListener('abort', resolve));
      log.push('-a');
    });
    await advance(clock, 4000, 500);
    hangs = true;
    await advance(clock, 14_000, 500);
    await ended;
    expect(log).toEqual(['+a', '-a']);
  });

  it('fails with its work, and leads no longer', async () => {
    const { client, clock } = setUp();
    const elector = new LeaderElector({
      client,
      clock,
      random: new SeededRandom(1),
      lease,
      identity: 'a',
      releaseOnCancel: true,
      onError: () => expect.unreachable(),
    });
    const run = elector.run(new AbortController().signal, () => Promise.reject(new Error('odd')));
    await expect(run).rejects.toThrow('odd');
    expect((await client.get(resources.leases, lease)).spec.holderIdentity).toBeUndefined();
  });
});
