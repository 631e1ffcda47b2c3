import { describe, expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { Client } from '../client/client.ts';
import type { HttpHandler } from '../http/index.ts';
import { MetricsApi } from './metrics-api.ts';
import { readResourceMetrics } from './reading.ts';
import { UsageStore } from './usage-store.ts';

/** What a kubelet says after so many seconds: a node that uses a fifth of a core, and a container half of one. */
const said = (seconds: number, started = 0): string => {
  const time = seconds * 1000;
  return `# HELP node_cpu_usage_seconds_total [STABLE] Cumulative cpu time consumed by the node in core-seconds
# TYPE node_cpu_usage_seconds_total counter
node_cpu_usage_seconds_total ${seconds / 5} ${time}
node_memory_working_set_bytes 1.048576e+06 ${time}
pod_cpu_usage_seconds_total{namespace="default",pod="web"} 1 ${time}
container_cpu_usage_seconds_total{container="main",namespace="default",pod="web"} ${(seconds - started) / 2} ${time}
container_memory_working_set_bytes{container="main",namespace="default",pod="web"} 1000 ${time}
container_start_time_seconds{container="main",namespace="default",pod="web"} ${started}
resource_scrape_error 0
`;
};

const look = (seconds: number, started = 0) =>
  new Map([['node', readResourceMetrics(said(seconds, started))]]);

describe('what kubelets say', () => {
  it('is read with its times', () => {
    const { node, pods } = readResourceMetrics(said(30, 10));
    expect(node).toEqual({ time: 30_000, cpuSeconds: 6, memoryBytes: 1_048_576, startTime: 0 });
    expect(pods.get('default/web')?.get('main')).toEqual({
      time: 30_000,
      cpuSeconds: 10,
      memoryBytes: 1000,
      startTime: 10_000,
    });
  });
});

describe('usage', () => {
  it('is what was used between the last two looks', () => {
    const store = new UsageStore(15_000);
    store.store(look(100));
    expect(store.node('node')).toBeUndefined();
    store.store(look(115));
    const window = { time: 115_000, window: 15_000 };
    expect(store.node('node')).toEqual({ ...window, usage: { cpu: '200m', memory: '1Mi' } });
    expect(store.pod('default', 'web')?.get('main')).toEqual({
      ...window,
      usage: { cpu: '500m', memory: '1k' },
    });
  });

  it('of a container that has just started is all it used', () => {
    const store = new UsageStore(15_000);
    store.store(look(100, 88));
    expect(store.pod('default', 'web')?.get('main')).toMatchObject({ window: 12_000 });
  });

  it('stays when a kubelet says the same again, and goes with its node', () => {
    const store = new UsageStore(15_000);
    store.store(look(100));
    store.store(look(115));
    store.store(look(115));
    expect(store.node('node')).toMatchObject({ window: 15_000 });
    store.store(new Map());
    expect(store.node('node')).toBeUndefined();
    expect(store.pod('default', 'web')).toBeUndefined();
  });
});

describe('the API', () => {
  const named = (name: string, more: object = {}) => ({ metadata: { name, ...more } });
  const answers: Record<string, object> = {
    '/api/v1/nodes': {
      metadata: {},
      items: [named('node', { labels: { zone: 'a' } }), named('new')],
    },
    '/api/v1/namespaces/default/pods': {
      metadata: {},
      items: [{ ...named('web', { namespace: 'default' }), status: { phase: 'Running' } }],
    },
  };

  function serve(isAllowed = true) {
    const transport: HttpHandler = ({ url }) => {
      const { pathname } = new URL(url);
      const body = pathname.endsWith('/subjectaccessreviews')
        ? { status: { allowed: isAllowed } }
        : answers[pathname];
      return Promise.resolve({
        status: 200,
        headers: new Headers(),
        body: new TextEncoder().encode(JSON.stringify(body)),
      });
    };
    const clock = new FakeClock(200_000);
    const store = new UsageStore(15_000);
    store.store(look(100));
    store.store(look(115));
    const api = new MetricsApi({
      client: new Client({ transport, clock, userAgent: 'test' }),
      store,
      clock,
    });
    return async (path: string) => {
      const request = { method: 'GET', url: `https://localhost${path}`, headers: new Headers() };
      const response = await api.handle(
        { ...request, body: null },
        { username: 'eve', groups: [] },
      );
      const body = new TextDecoder().decode(response.body as Uint8Array);
      return { status: response.status, body: JSON.parse(body) as unknown };
    };
  }

  it('tells what nodes and Pods use, of those it has seen twice', async () => {
    const ask = serve();
    const times = { timestamp: '1970-01-01T00:01:55Z', window: '15s' };
    expect(await ask('/apis/metrics.k8s.io/v1beta1/nodes')).toMatchObject({
      status: 200,
      body: {
        kind: 'NodeMetricsList',
        items: [
          {
            metadata: { name: 'node', labels: { zone: 'a' } },
            ...times,
            usage: { cpu: '200m', memory: '1Mi' },
          },
        ],
      },
    });
    expect(await ask('/apis/metrics.k8s.io/v1beta1/namespaces/default/pods/web')).toMatchObject({
      body: {
        kind: 'PodMetrics',
        apiVersion: 'metrics.k8s.io/v1beta1',
        ...times,
        containers: [{ name: 'main', usage: { cpu: '500m', memory: '1k' } }],
      },
    });
  });

  it('says whom it may not tell, and what it does not know', async () => {
    expect(await serve(false)('/apis/metrics.k8s.io/v1beta1/nodes')).toMatchObject({
      status: 403,
      body: {
        message:
          'nodes.metrics.k8s.io is forbidden: User "eve" cannot list resource "nodes" in API group "metrics.k8s.io" at the cluster scope',
      },
    });
    answers['/api/v1/nodes'] = { metadata: {}, items: [] };
    expect(await serve()('/apis/metrics.k8s.io/v1beta1/nodes/gone')).toMatchObject({
      status: 404,
      body: { message: 'nodemetrics.metrics.k8s.io "gone" not found' },
    });
    expect(await serve()('/apis/metrics.k8s.io/v1beta1/volumes')).toMatchObject({ status: 404 });
  });
});
