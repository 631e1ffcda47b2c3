import { afterAll, beforeAll, expect, it } from 'vitest';
import type { UserInfo } from '../../api/user-info.ts';
import { TestServer } from '../../apiserver/testing/test-server.ts';
import { Client } from '../../client/client.ts';
import { MetricsServer } from '../../metrics-server/metrics-server.ts';
import { ADMINISTRATOR, systemAccount } from '../cluster-users.ts';
import { withRepeated } from '../components/outbound-port.ts';
import { METRICS_SERVER_NAME } from '../components/metrics-server-program.ts';
import { install } from './install.ts';
import { metricsServer, metricsServerAccounts } from './metrics-server.ts';

/** metrics-server behind an API server, with the rights that its addon gives it. */
let server: TestServer;
let running: MetricsServer;
const stop = new AbortController();
/** seconds that the node has run */
let seconds = 100;

const ok = (type: string, text: string) => ({
  status: 200,
  headers: new Headers({ 'content-type': type }),
  body: new TextEncoder().encode(text),
});

function clientOf(user: UserInfo): Client {
  return new Client({
    transport: (request) =>
      server.server.handle(request, { remoteAddress: '10.0.0.12', clientCertificates: [], user }),
    clock: server.clock,
    userAgent: 'test',
  });
}

beforeAll(async () => {
  server = await TestServer.start({
    outbound: (peer, request) => {
      if (peer.serverName === METRICS_SERVER_NAME) return running.handle(withRepeated(request));
      return Promise.resolve(
        ok(
          'text/plain',
          `node_cpu_usage_seconds_total ${seconds / 4} ${seconds * 1000}\nnode_memory_working_set_bytes 1048576 ${seconds * 1000}\n`,
        ),
      );
    },
  });
  const client = clientOf(ADMINISTRATOR);
  await server.request('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
  });
  await install(client, [metricsServerAccounts]);
  running = new MetricsServer({
    client: clientOf(systemAccount('metrics-server')),
    clock: server.clock,
    resolution: 15_000,
    onError: (error) => server.errors.push(error),
  });
  const status = {
    addresses: [{ type: 'InternalIP', address: '10.0.0.12' }],
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker' }, status };
  await server.request('POST', '/api/v1/nodes', { body: node });
  await server.request('PUT', '/api/v1/nodes/worker/status', { body: node });
  await install(client, [metricsServer]);
  await server.request('POST', '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices', {
    body: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'metrics-server',
        labels: { 'kubernetes.io/service-name': 'metrics-server' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.12'], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 4443, protocol: 'TCP' }],
    },
  });
});
afterAll(async () => {
  stop.abort();
  await server.stop();
});

it('answers those who may know, of nodes it looked at twice', async () => {
  const path = '/apis/metrics.k8s.io/v1beta1/nodes';
  void running.run(stop.signal);
  await expect
    .poll(async () => {
      seconds += 15;
      server.clock.advance(15_000);
      return (await server.request('GET', path)).body;
    })
    .toMatchObject({
      kind: 'NodeMetricsList',
      items: [{ metadata: { name: 'worker' }, usage: { cpu: '250m', memory: '1Mi' } }],
    });
  expect(server.errors).toEqual([]);
  const user = { username: 'eve', groups: ['system:authenticated'] };
  expect((await server.request('GET', path, { user })).status).toBe(403);
});
