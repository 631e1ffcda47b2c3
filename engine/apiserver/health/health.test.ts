import { describe, expect, test } from 'vitest';
import type { Etcd } from '../../api/etcd.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { Health, type Phase } from './health.ts';

type Range = Etcd['range'];

function health(range: Range = () => Promise.resolve({} as Awaited<ReturnType<Range>>)) {
  const clock = new FakeClock();
  return { clock, health: new Health({ range } as Etcd, clock) };
}

function started(range?: Range) {
  const made = health(range);
  const phases: readonly Phase[] = ['caches', 'definitions', 'bootstrap', 'aggregation'];
  for (const phase of phases) made.health.finish(phase);
  return made;
}

async function get(checked: Health, path: string): Promise<readonly [number, string]> {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const response = await checked.handle(pathname, searchParams);
  const { status = 0, body } = response ?? {};
  return [status, body instanceof Uint8Array ? new TextDecoder().decode(body) : ''];
}

describe('a server', () => {
  test('that has started is well in all its endpoints', async () => {
    const { health: checked } = started();
    for (const path of ['/healthz', '/livez', '/readyz', '/readyz/etcd', '/livez/ping?verbose'])
      expect(await get(checked, path)).toEqual([200, 'ok']);
    const [, text] = await get(checked, '/readyz?verbose&exclude=log&exclude=nope');
    const lines = text.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      '[+]ping ok',
      '[+]log excluded: ok',
      '[+]etcd ok',
      '[+]etcd-readiness ok',
      '[+]informer-sync ok',
    ]);
    expect(lines.slice(-4)).toEqual([
      '[+]shutdown ok',
      'warn: some health checks cannot be excluded: no matches for "nope"',
      'readyz check passed',
      '',
    ]);
  });

  test('that is starting says what is missing', async () => {
    const { health: checked } = health();
    for (const phase of ['caches', 'definitions'] as const) checked.finish(phase);
    const [status, text] = await get(checked, '/livez');
    expect(status).toBe(500);
    expect(text).toContain('[+]poststarthook/crd-informer-synced ok\n');
    expect(text).toContain('[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\n');
    expect(text).toMatch(/\nlivez check failed\n$/);
  });

  test('whose etcd does not answer is not well', async () => {
    const { clock, health: checked } = started(() => new Promise(() => {}));
    const answer = get(checked, '/healthz/etcd');
    clock.advance(2000);
    const [status, text] = await answer;
    expect([status, text.slice(0, 23)]).toEqual([500, 'internal server error: ']);
  });

  test('that ends is alive and not ready', async () => {
    const { health: checked } = started();
    checked.stop();
    expect(await get(checked, '/livez')).toEqual([200, 'ok']);
    const [status, text] = await get(checked, '/readyz');
    expect(status).toBe(500);
    expect(text).toContain('[-]shutdown failed: reason withheld\n');
  });

  test('knows no other checks', async () => {
    const { health: checked } = started();
    expect(await get(checked, '/readyz/nope')).toEqual([404, '404 page not found\n']);
    expect(checked.handle('/version', new URLSearchParams())).toBeUndefined();
  });
});
