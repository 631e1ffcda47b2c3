import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import { OutboundError, type Outbound, type Peer } from '../outbound/outbound.ts';
import { TestServer, type Answer } from '../testing/test-server.ts';

let server: TestServer;
let asked: { readonly peer: Peer; readonly request: HttpRequest }[];
let reply: () => HttpResponse | TakenOver;

function text(status: number, body: string, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers: new Headers(headers), body: new TextEncoder().encode(body) };
}

beforeEach(async () => {
  asked = [];
  reply = () => text(200, 'hello\n');
  const outbound: Outbound = (peer, request) => {
    asked.push({ peer, request });
    return new Promise((resolve) => resolve(reply()));
  };
  server = await TestServer.start({ outbound });
  await create('/api/v1/namespaces/default/serviceaccounts', {
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
  await node('n1', [
    { type: 'Hostname', address: 'n1' },
    { type: 'InternalIP', address: '10.0.0.21' },
  ]);
  await pod('web', { nodeName: 'n1' });
  await pod('idle', {});
  await pod('lost', { nodeName: 'nope' });
  await pod('two', {
    nodeName: 'n1',
    initContainers: [{ name: 'i', image: 'b' }],
    containers: [
      { name: 'a', image: 'b', ports: [{ containerPort: 8080 }] },
      { name: 'b', image: 'b' },
    ],
  });
});

afterEach(async () => {
  await server.stop();
});

function create(path: string, object: object): Promise<Answer> {
  return server.request('POST', path, { body: { apiVersion: 'v1', ...object } });
}

function patchStatus(path: string, status: object): Promise<Answer> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  return server.request('PATCH', `${path}/status`, { headers, body: { status } });
}

async function node(name: string, addresses: readonly object[]): Promise<void> {
  await create('/api/v1/nodes', { kind: 'Node', metadata: { name } });
  await patchStatus(`/api/v1/nodes/${name}`, {
    addresses,
    daemonEndpoints: { kubeletEndpoint: { Port: 10_251 } },
  });
}

function pod(name: string, spec: object): Promise<Answer> {
  return create('/api/v1/namespaces/default/pods', {
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'b' }], ...spec },
  });
}

const get = (path: string): Promise<Answer> =>
  server.request('GET', path.startsWith('/') ? path : `/api/v1/namespaces/default/${path}`);

const refused = (): never => {
  throw new OutboundError('UNREACHABLE', 'dial tcp 10.0.0.21:10251: connect: connection refused');
};

/** Texts as the real API server had them. */
describe('log', () => {
  it('comes from the kubelet of the Pod', async () => {
    const { status, headers, body } = await get('pods/web/log?tailLines=3&follow=true&stream=All');
    expect([status, headers.get('content-type'), body]).toEqual([200, 'text/plain', 'hello\n']);
    expect(asked[0]).toMatchObject({
      peer: { host: '10.0.0.21', port: 10_251, insecure: true },
      request: {
        url: 'https://10.0.0.21:10251/containerLogs/default/web/a?follow=true&tailLines=3',
      },
    });
  });

  it('is empty for a Pod without a node', async () => {
    expect((await get('pods/idle/log')).status).toBe(204);
    expect(asked).toEqual([]);
  });

  it.each([
    ['lost/log', 404, 'pods "nope" not found'],
    ['two/log', 400, 'a container name must be specified for pod two, choose one of: [i a b]'],
    ['two/log?container=x', 400, 'container x is not valid for pod two'],
    [
      'web/log?tailLines=-1',
      422,
      'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'web/log?sinceSeconds=5&sinceTime=2020-01-01T00:00:00Z',
      422,
      'PodLogOptions "web" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
    ],
    [
      'web/log?sinceTime=x',
      400,
      'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    ],
  ])('%s', async (path, code, message) => {
    expect((await get(`pods/${path}`)).body).toMatchObject({ code, message });
  });

  it('tells what the kubelet said, and that it said nothing', async () => {
    reply = () => text(400, 'container "a" in pod "web" is waiting to start: ContainerCreating');
    expect((await get('pods/web/log')).body).toMatchObject({
      code: 400,
      message: 'container "a" in pod "web" is waiting to start: ContainerCreating',
    });
    reply = () => text(404, 'no');
    expect((await get('pods/web/log')).body).toMatchObject({
      code: 404,
      message: 'the server could not find the requested resource ( pods/log web)',
    });
    reply = refused;
    expect((await get('pods/web/log')).body).toMatchObject({
      code: 500,
      message:
        'Get "https://10.0.0.21:10251/containerLogs/default/web/a": dial tcp 10.0.0.21:10251: connect: connection refused',
    });
  });
});

describe('streams', () => {
  const websocket = { connection: 'Upgrade', upgrade: 'websocket', authorization: 'Bearer secret' };

  it('go to the kubelet as they are', async () => {
    reply = () => text(403, 'no WebSocket here');
    const path =
      '/api/v1/namespaces/default/pods/two/exec?command=ls&command=-l&container=b&stdin=true&stdout=true';
    const { status } = await server.request('GET', path, { headers: websocket });
    expect(status).toBe(403);
    const [first] = asked;
    expect(first?.request.url).toBe(
      'https://10.0.0.21:10251/exec/default/two/b?command=ls&command=-l&input=1&output=1',
    );
    expect(Object.fromEntries(first?.request.headers ?? [])).toEqual({
      connection: 'Upgrade',
      upgrade: 'websocket',
      'x-forwarded-for': '127.0.0.1',
    });
    await server.request('GET', '/api/v1/namespaces/default/pods/two/portforward?ports=80', {
      headers: websocket,
    });
    expect(asked[1]?.request.url).toBe('https://10.0.0.21:10251/portForward/default/two?port=80');
  });

  it('are no plain requests', async () => {
    expect((await get('pods/web/exec?command=ls')).body).toMatchObject({
      code: 400,
      message: 'Upgrade request required',
    });
    expect((await get('pods/idle/attach')).body['message']).toBe(
      'pod idle does not have a host assigned',
    );
  });

  it('say when nobody is there', async () => {
    reply = refused;
    const { body } = await server.request('GET', '/api/v1/namespaces/default/pods/web/attach', {
      headers: websocket,
    });
    expect(body).toMatchObject({
      code: 500,
      message: 'error dialing backend: dial tcp 10.0.0.21:10251: connect: connection refused',
    });
  });

  it('need the right to create them, even by GET', async () => {
    const role = { name: 'reader' };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
    const root = '/apis/rbac.authorization.k8s.io/v1';
    await create(`${root}/clusterroles`, {
      ...rbac,
      kind: 'ClusterRole',
      metadata: role,
      rules: [{ apiGroups: [''], resources: ['pods', 'pods/exec'], verbs: ['get'] }],
    });
    await create(`${root}/clusterrolebindings`, {
      ...rbac,
      kind: 'ClusterRoleBinding',
      metadata: role,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
    });
    const user = { username: 'jane', groups: ['system:authenticated'] };
    const { body } = await server.request(
      'GET',
      '/api/v1/namespaces/default/pods/web/exec?command=ls',
      { headers: websocket, user },
    );
    expect(body).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(asked).toEqual([]);
  });
});

describe('proxy', () => {
  it('leads to a Pod, and back', async () => {
    await patchStatus('/api/v1/namespaces/default/pods/two', {
      podIP: '10.1.2.3',
      podIPs: [{ ip: '10.1.2.3' }],
    });
    const { headers } = await get('pods/two/proxy?x=1');
    expect(headers.get('location')).toBe('/api/v1/namespaces/default/pods/two/proxy/?x=1');
    reply = () => text(302, '', { location: '/login?next=1', 'access-control-allow-origin': '*' });
    const answer = await get('pods/two/proxy/a%20b/?x=1');
    expect(asked[0]?.peer).toMatchObject({ host: '10.1.2.3', port: 8080, plain: true });
    expect(asked[0]?.request.url).toBe('http://10.1.2.3:8080/a%20b/?x=1');
    expect(asked[0]?.request.headers.get('x-forwarded-uri')).toBe(
      '/api/v1/namespaces/default/pods/two/proxy/a%20b/',
    );
    expect(answer.headers.get('location')).toBe(
      '/api/v1/namespaces/default/pods/two/proxy/login?next=1',
    );
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
    await get('pods/https:two:8443/proxy/');
    expect(asked[1]?.request.url).toBe('https://10.1.2.3:8443/');
  });

  it('leads to a kubelet', async () => {
    await get('/api/v1/nodes/n1/proxy/healthz');
    expect(asked[0]?.request.url).toBe('https://10.0.0.21:10251/healthz');
    reply = refused;
    expect((await get('/api/v1/nodes/n1/proxy/healthz')).body).toMatchObject({
      code: 503,
      message:
        'error trying to reach service: dial tcp 10.0.0.21:10251: connect: connection refused',
    });
  });

  it('leads to a ready Pod behind a Service', async () => {
    await patchStatus('/api/v1/namespaces/default/pods/two', {
      podIP: '10.1.2.3',
      podIPs: [{ ip: '10.1.2.3' }],
    });
    await create('/api/v1/namespaces/default/services', {
      kind: 'Service',
      metadata: { name: 'svc' },
      spec: { ports: [{ port: 80, name: 'http' }] },
    });
    const targetRef = { kind: 'Pod', namespace: 'default', name: 'two' };
    await create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'svc-1', labels: { 'kubernetes.io/service-name': 'svc' } },
      addressType: 'IPv4',
      endpoints: [
        { addresses: ['10.1.2.3'], targetRef },
        { addresses: ['10.1.2.4'], targetRef },
        { addresses: ['10.1.2.5'] },
        { addresses: ['10.1.2.6'], targetRef, conditions: { ready: false } },
      ],
      ports: [{ name: 'http', port: 8080 }],
    });
    await get('services/svc:80/proxy/');
    await get('services/svc:http/proxy/');
    expect(asked.map(({ request }) => request.url)).toEqual([
      'http://10.1.2.3:8080/',
      'http://10.1.2.3:8080/',
    ]);
    expect((await get('services/svc:81/proxy/')).body).toMatchObject({
      code: 503,
      message: 'no service port 81 found for service "svc"',
    });
  });

  it.each([
    ['pods/web/proxy/', 400, 'address not allowed'],
    ['pods/nope/proxy/', 404, 'pods "nope" not found'],
    ['pods/two:x:y:z/proxy/', 400, 'invalid pod request "two:x:y:z"'],
    ['services/svc/proxy/', 503, 'no endpoints available for service "svc"'],
    ['/api/v1/nodes/nope/proxy/', 404, 'nodes "nope" not found'],
  ])('%s', async (path, code, message) => {
    expect((await get(path)).body).toMatchObject({ code, message });
  });
});
