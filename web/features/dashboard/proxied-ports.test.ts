import { expect, it } from 'vitest';
import type { HttpRequest, HttpResponse } from '../../../engine/api/http-message.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import type { AnyObject } from './object-actions.ts';
import { namedPorts, proxiedPorts } from './proxied-ports.ts';

const metadata = {
  name: 'web.1',
  namespace: 'shop',
  uid: '12345678-aaaa',
  resourceVersion: '1',
  creationTimestamp: '',
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: {
    containers: [{ ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] }, {}],
  },
} as Stored<AnyObject>;

function answering(answer: Partial<HttpResponse>) {
  const asked: string[] = [];
  const api = (request: HttpRequest): Promise<HttpResponse> => {
    asked.push(`${request.method} ${request.url}`);
    return Promise.resolve({ status: 200, headers: new Headers(), body: null, ...answer });
  };
  const ports = proxiedPorts(api, resources.pods, metadata);
  const get = (path: string) =>
    ports.fetch(8080, {
      method: 'GET',
      url: `http://localhost:8080${path}`,
      headers: new Headers(),
      body: null,
    });
  return { ports, asked, get };
}

it('asks the API server for the page of a port', async () => {
  const body = new TextEncoder().encode('hello');
  const { ports, asked, get } = answering({ body });
  expect(ports.name).toBe('pod-12345678');
  expect(await new Response((await get('/a%20b?c=d')).body).text()).toBe('hello');
  expect(asked).toEqual([
    'GET https://kubernetes/api/v1/namespaces/shop/pods/web.1:8080/proxy/a%20b?c=d',
  ]);
});

it('leads to where the program leads', async () => {
  const prefix = '/api/v1/namespaces/shop/pods/web.1:8080/proxy';
  const headers = new Headers({ location: `${prefix}/login` });
  const { get } = answering({ status: 302, headers });
  expect((await get('/')).headers.get('location')).toBe('/login');
});

it('tells a program that is not there from one that is busy', async () => {
  const answer = (value: object) => new TextEncoder().encode(JSON.stringify(value));
  const refused = { kind: 'Status', message: 'error trying to reach service: refused' };
  await expect(answering({ status: 503, body: answer(refused) }).get('/')).rejects.toMatchObject({
    code: 'CONNECTION_REFUSED',
  });
  const busy = await answering({ status: 503, body: answer({ busy: true }) }).get('/');
  expect([busy.status, await new Response(busy.body).text()]).toEqual([503, '{"busy":true}']);
});

it('knows the TCP ports that are named', () => {
  expect(namedPorts(pod)).toEqual([80]);
  const spec = { ports: [{ port: 443 }, { port: 53, protocol: 'UDP' }] };
  expect(namedPorts({ ...pod, kind: 'Service', spec } as Stored<AnyObject>)).toEqual([443]);
  expect(namedPorts({ ...pod, spec: undefined } as unknown as Stored<AnyObject>)).toEqual([]);
});
