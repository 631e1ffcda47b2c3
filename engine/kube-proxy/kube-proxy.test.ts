import { expect, onTestFinished, test } from 'vitest';
import type { ForgottenFlows } from '../api/agent.ts';
import type { ByteStream } from '../api/byte-stream.ts';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { advance, settle } from '../client/testing/settle.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { FakeNft, listed, nftTransport } from '../nftables/testing/fake-nft.ts';
import type { Service } from '../objects/generated/core-v1.generated.ts';
import type { EndpointSlice } from '../objects/generated/discovery-v1.generated.ts';
import { ChainNames } from './chain-names.ts';
import { endpointsOf } from './endpoints.ts';
import { KubeProxy } from './kube-proxy.ts';
import { kubeProxyRuleset } from './ruleset.ts';
import { servicePortsOf } from './service-ports.ts';
import { draining, ingress, service, slice, unready } from './testing/cluster-objects.ts';

/** What is listened to, by address. */
type Listening = Map<string, (remote: string, stream: ByteStream) => void>;

async function setUp() {
  const api = new FakeApi();
  const clock = new FakeClock();
  const nft = new FakeNft();
  const listening: Listening = new Map();
  const forgotten: ForgottenFlows[] = [];
  const errors: unknown[] = [];
  const agent = new AgentClient(
    nftTransport(nft, (op, request) => {
      if (op === 'conntrack.forget') {
        forgotten.push(request as ForgottenFlows);
        return { forgotten: 0 };
      }
      const { address, onConnection } = request as {
        address: string;
        onConnection: (remote: string, stream: ByteStream) => void;
      };
      if (listening.has(address)) throw new Error(`listen tcp ${address}: address in use`);
      listening.set(address, onConnection);
      return async () => void listening.delete(address);
    }),
  );
  const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
  const options = {
    nodeName: 'worker-1',
    nodeIp: '10.0.0.12',
    clusterCidr: '10.244.0.0/16',
    client,
    agent,
    clock,
    random: new SeededRandom(1),
    onError: (error: unknown) => void errors.push(error),
  };
  await client.create(resources.nodes, {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'worker-1', labels: { 'topology.kubernetes.io/zone': 'a' } },
    spec: {},
  });
  await client.create(resources.serviceCIDRs, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: ['10.96.0.0/12'] },
  });
  /** Returns when the first rules are there. How long hashing takes to load is not on the clock. */
  const start = async () => {
    const stop = new AbortController();
    const proxy = new KubeProxy(options);
    const ended = proxy.start(stop.signal);
    const end = (): Promise<void> => {
      stop.abort();
      return ended;
    };
    onTestFinished(end);
    while (nft.scripts.length === 0) await advance(clock, 100);
    await settle();
    return { proxy, end };
  };
  return { api, clock, nft, client, listening, forgotten, errors, start };
}

/** All that a server on the node answers. */
async function get(listening: Listening, address: string, path: string): Promise<string> {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  listening.get(address)?.('10.0.0.1:4000', { readable: up.readable, writable: down.writable });
  const writer = up.writable.getWriter();
  void writer.write(
    new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n`),
  );
  void writer.close();
  return new Response(down.readable).text();
}

const web = service('web', { clusterIP: '10.96.0.20' });

test('rules are there once everything is known, and follow what changes', async () => {
  const { clock, nft, client, start } = await setUp();
  await client.create(resources.services, web);
  await client.create(resources.endpointSlices, slice('web', ['10.244.1.5@worker-1']));
  await start();
  expect(nft.scripts).toHaveLength(1);
  expect(nft.list('kube-proxy')?.join('\n')).toContain('dnat to 10.244.1.5:80');
  const known = await client.get(resources.endpointSlices, { namespace: 'shop', name: 'web-1' });
  await client.update(resources.endpointSlices, {
    ...known,
    endpoints: slice('web', ['10.244.1.5@worker-1', '10.244.2.7@worker-2']).endpoints ?? [],
  });
  await advance(clock, 1000);
  expect(nft.scripts).toHaveLength(2);
  expect(nft.scripts.at(-1)).toMatch(
    /^flush chain ip kube-proxy service-\S+\nadd rule ip kube-proxy service-\S+ meta l4proto tcp dnat ip addr \. port to numgen .*\n$/,
  );
});

test('a table that somebody removed comes back with the next change', async () => {
  const { clock, nft, client, errors, start } = await setUp();
  await client.create(resources.services, web);
  await start();
  nft.run('delete table ip kube-proxy');
  await client.create(resources.endpointSlices, slice('web', ['10.244.1.5@worker-1']));
  await advance(clock, 2000);
  expect(errors.map(String)).toEqual([expect.stringContaining('No such file or directory')]);
  expect(nft.list('kube-proxy')?.join('\n')).toContain('dnat to 10.244.1.5:80');
});

test('rules stay when it stops, and go when they are to be removed', async () => {
  const { nft, listening, start } = await setUp();
  const { proxy, end } = await start();
  await end();
  expect(nft.list('kube-proxy')).toBeDefined();
  expect([...listening.keys()]).toEqual([]);
  await proxy.remove();
  expect(nft.list('kube-proxy')).toBeUndefined();
});

test('tells load balancers of local endpoints, and everybody of its own health', async () => {
  const { clock, client, listening, start } = await setUp();
  const spec = {
    type: 'LoadBalancer',
    clusterIP: '10.96.0.50',
    externalTrafficPolicy: 'Local',
    healthCheckNodePort: 32000,
  } as const;
  await client.create(resources.services, service('lb', spec, ingress('203.0.113.9')));
  await start();
  expect(await get(listening, '0.0.0.0:32000', '/')).toContain('HTTP/1.1 503');
  const both = ['10.244.1.5@worker-1', '10.244.1.6@worker-1', '10.244.2.7@worker-2'];
  await client.create(resources.endpointSlices, slice('lb', both));
  await advance(clock, 2000);
  const healthy = await get(listening, '0.0.0.0:32000', '/');
  expect(healthy).toContain('HTTP/1.1 200');
  expect(healthy).toContain('X-Load-Balancing-Endpoint-Weight: 2');
  expect(healthy).toContain('"localEndpoints": 2,\n\t"serviceProxyHealthy": true');
  expect(await get(listening, '0.0.0.0:10256', '/healthz')).toMatch(
    /HTTP\/1\.1 200[^]*"nodeEligible":true,"healthy":true,"status":\{"IPv4":/,
  );
  expect(await get(listening, '127.0.0.1:10249', '/proxyMode')).toMatch(/\r\nnftables$/);
  await client.patch(
    resources.nodes,
    { name: 'worker-1' },
    {
      type: 'merge',
      patch: {
        spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] },
      },
    },
  );
  await settle();
  expect(await get(listening, '0.0.0.0:10256', '/healthz')).toContain('HTTP/1.1 503');
  expect(await get(listening, '0.0.0.0:10256', '/livez')).toContain('HTTP/1.1 200');
  await client.delete(resources.services, { namespace: 'shop', name: 'lb' });
  await advance(clock, 2000);
  expect(listening.has('0.0.0.0:32000')).toBe(false);
});

test('flows of UDP to endpoints that are gone are forgotten', async () => {
  const { clock, client, forgotten, start } = await setUp();
  const ports = [{ name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }] as const;
  await client.create(
    resources.services,
    service('dns', { type: 'NodePort', clusterIP: '10.96.0.10', ports }),
  );
  await client.create(
    resources.endpointSlices,
    slice('dns', ['10.244.1.2@worker-1'], { portName: 'dns', port: 53, protocol: 'UDP' }),
  );
  await client.create(resources.services, web);
  await start();
  const backends = ['10.244.1.2:53'];
  expect(forgotten.at(-1)?.destinations).toEqual([
    { address: '10.96.0.10', port: 53, backends },
    { port: 30053, backends },
  ]);
  const calls = forgotten.length;
  await client.create(resources.endpointSlices, slice('web', ['10.244.1.5@worker-1']));
  await advance(clock, 2000);
  expect(forgotten).toHaveLength(calls);
  await client.delete(resources.endpointSlices, { namespace: 'shop', name: 'dns-1' });
  await advance(clock, 2000);
  expect(forgotten.at(-1)?.destinations).toEqual([
    { address: '10.96.0.10', port: 53, backends: [] },
  ]);
});

/** Services of a few names with anything that a Service may have. */
function anyService(random: SeededRandom, name: string, number: number): Service {
  const chance = (likely: number) => random.next() < likely;
  const type = (['ClusterIP', 'NodePort', 'LoadBalancer'] as const)[Math.floor(random.next() * 3)];
  const nodePort = type === 'ClusterIP' ? undefined : 30_000 + number;
  return service(
    name,
    {
      ...(type !== undefined && { type }),
      clusterIP: chance(0.1) ? 'None' : `10.96.0.${number}`,
      ports: [{ port: 80, protocol: 'TCP', ...(nodePort !== undefined && { nodePort }) }],
      ...(chance(0.3) && { externalTrafficPolicy: 'Local' as const }),
      ...(chance(0.3) && { internalTrafficPolicy: 'Local' as const }),
      ...(chance(0.3) && { externalIPs: [`192.0.2.${number}`] }),
      ...(chance(0.3) && { loadBalancerSourceRanges: ['198.51.100.0/24', '10.0.0.0/24'] }),
      ...(chance(0.3) && {
        sessionAffinity: 'ClientIP' as const,
        sessionAffinityConfig: { clientIP: { timeoutSeconds: chance(0.5) ? 60 : 120 } },
      }),
    },
    type === 'LoadBalancer' && chance(0.8) ? ingress(`203.0.113.${number}`) : {},
  );
}

function anySlice(random: SeededRandom, name: string): EndpointSlice {
  const endpoints = ['10.244.1.5@worker-1', '10.244.1.6@worker-1', '10.244.2.7@worker-2'];
  const conditions = [{}, {}, draining, unready];
  const more = Object.fromEntries(
    endpoints.map((endpoint) => [
      endpoint.split('@')[0] ?? '',
      conditions[Math.floor(random.next() * conditions.length)] ?? {},
    ]),
  );
  return slice(
    name,
    endpoints.filter(() => random.next() < 0.6),
    { more },
  );
}

test('after any history the kernel has what the cluster says', async () => {
  const names = await ChainNames.create();
  for (let seed = 1; seed <= 12; seed++) {
    const random = new SeededRandom(seed);
    const { clock, nft, client, errors, start } = await setUp();
    const services = new Map<string, Service>();
    const slices = new Map<string, EndpointSlice>();
    const { end } = await start();
    for (let step = 0; step < 15; step++) {
      for (const [index, name] of ['cart', 'shop', 'web'].entries()) {
        if (random.next() < 0.4) {
          if (services.delete(name))
            await client.delete(resources.services, { namespace: 'shop', name });
          else {
            services.set(name, anyService(random, name, index + 1));
            await client.create(resources.services, services.get(name) as Service);
          }
        }
        if (random.next() < 0.4) {
          if (slices.delete(name))
            await client.delete(resources.endpointSlices, { namespace: 'shop', name: `${name}-1` });
          else {
            slices.set(name, anySlice(random, name));
            await client.create(resources.endpointSlices, slices.get(name) as EndpointSlice);
          }
        }
      }
      await advance(clock, 1500, 500);
      const expected = listed(
        kubeProxyRuleset(
          names,
          {
            nodeName: 'worker-1',
            nodeIp: '10.0.0.12',
            zone: 'a',
            clusterCidr: '10.244.0.0/16',
            serviceCidrs: ['10.96.0.0/12'],
          },
          {
            ports: [...services.values()].flatMap(servicePortsOf),
            endpoints: endpointsOf([...slices.values()], 'worker-1'),
          },
        ),
      );
      // Chains out of use stay for a moment, empty.
      const kernel = nft
        .list('kube-proxy')
        ?.filter((line) => expected.includes(line) || !/^chain [a-z]+-[A-Z2-7]{8}-\S+$/.test(line));
      expect(kernel).toEqual(expected);
    }
    expect(errors).toEqual([]);
    await end();
  }
});
