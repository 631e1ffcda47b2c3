import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestServer } from '../testing/test-server.ts';
import { AuditPolicy } from './policy.ts';

/** Events are what kube-apiserver 1.37.2 wrote for the same requests under the same policy. */

const policy = `
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- level: None
  users: ["system:apiserver"]
- level: RequestResponse
  resources: [{group: "", resources: ["configmaps"]}]
- level: Request
  resources: [{group: "", resources: ["secrets"]}]
  omitStages: ["RequestReceived"]
- level: None
  nonResourceURLs: ["/healthz*"]
- level: Metadata
`;

interface Event {
  readonly level: string;
  readonly stage: string;
  readonly auditID: string;
  readonly [field: string]: unknown;
}

let server: TestServer;
let events: Event[] = [];

beforeAll(async () => {
  const sink = (line: string): void => void events.push(JSON.parse(line) as Event);
  server = await TestServer.start({ audit: { policy: new AuditPolicy(policy), sink } });
});

beforeEach(() => {
  events = [];
});

afterAll(() => server.stop());

const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
const user = { username: 'kubernetes-admin', groups: ['system:masters'] };
const allowed = {
  'authorization.k8s.io/decision': 'allow',
  'authorization.k8s.io/reason': '',
};

test('a write is told with its body and the answer', async () => {
  const body = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { a: 'b' } };
  const headers = { 'user-agent': 'tester/1.0' };
  const answer = await server.request('POST', CONFIGMAPS, { body, headers });
  const common = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'RequestResponse',
    auditID: answer.headers.get('audit-id'),
    requestURI: CONFIGMAPS,
    verb: 'create',
    user,
    sourceIPs: ['127.0.0.1'],
    userAgent: 'tester/1.0',
    requestReceivedTimestamp: expect.stringMatching(/\.\d{6}Z$/) as unknown,
    stageTimestamp: expect.stringMatching(/\.\d{6}Z$/) as unknown,
  };
  const objectRef = { resource: 'configmaps', namespace: 'default', apiVersion: 'v1' };
  expect(events).toEqual([
    { ...common, stage: 'RequestReceived', objectRef },
    {
      ...common,
      stage: 'ResponseComplete',
      objectRef: { ...objectRef, name: 'a' },
      responseStatus: { metadata: {}, code: 201 },
      requestObject: body,
      responseObject: answer.body,
      annotations: allowed,
    },
  ]);
});

test('a failure is told with its status', async () => {
  const { body } = await server.request('GET', `${CONFIGMAPS}/nope`);
  const { kind: _, apiVersion: __, ...status } = body;
  expect(events.at(-1)).toMatchObject({ responseStatus: status, responseObject: body });
});

test('levels and stages are as the first rule that matches has them', async () => {
  await server.request('POST', '/api/v1/namespaces/default/secrets', {
    body: { kind: 'Secret', apiVersion: 'v1', metadata: { name: 's' }, stringData: { a: 'b' } },
  });
  expect(events).toMatchObject([
    {
      level: 'Request',
      stage: 'ResponseComplete',
      requestObject: { data: { a: 'Yg==' }, type: 'Opaque' },
    },
  ]);
  expect(events[0]).not.toHaveProperty('responseObject');
  events = [];
  await server.request('GET', '/healthz');
  expect(events).toEqual([]);
  await server.request('GET', '/version');
  expect(events.map(({ level, stage }) => [level, stage])).toEqual([
    ['Metadata', 'RequestReceived'],
    ['Metadata', 'ResponseComplete'],
  ]);
});

test('a watch is told when it begins and when it ends', async () => {
  const watch = server.watch('/api/v1/namespaces/default/services?watch=1');
  await watch.next();
  expect(events.map(({ stage }) => stage)).toEqual(['RequestReceived', 'ResponseStarted']);
  await watch.return(undefined);
  expect(events.at(-1)).toMatchObject({ stage: 'ResponseComplete', verb: 'watch' });
});

test('who acts as somebody else is told, with who that is', async () => {
  await server.request('GET', '/api/v1/nodes', { headers: { 'impersonate-user': 'bob' } });
  expect(events.at(-1)).toMatchObject({
    user,
    impersonatedUser: { username: 'bob', groups: ['system:authenticated'] },
    responseStatus: { code: 403, reason: 'Forbidden' },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  });
});

test('a request is told as it came', async () => {
  for (const url of ['/api/v1/nodes//x/../y?a=%zz', '//[', '/%ff'])
    await server.request('GET', url).catch(() => undefined);
  const uris = events.map(({ requestURI }) => requestURI);
  expect(new Set(uris)).toEqual(new Set(['/api/v1/nodes//x/../y?a=%zz', '//[']));
});

test('nobody known is told once', async () => {
  const headers = { authorization: 'Bearer bad' };
  await server.request('GET', '/api/v1/nodes', { user: null, headers });
  expect(events).toMatchObject([
    { stage: 'ResponseStarted', user: {}, responseStatus: { code: 401, message: 'Unauthorized' } },
  ]);
});

describe('a policy', () => {
  const rules = (text: string): string =>
    `apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: ${text}`;

  test.for([
    ['kind: Policy', 'must be a Policy of audit.k8s.io/v1'],
    [rules('[]'), 'has no rules'],
    [rules('[{}]'), 'rules[0].level: Required value'],
    [rules('[{level: All}]'), 'rules[0].level: Unsupported value: "All"'],
    [rules('[{level: None, omitStages: [Late]}]'), 'rules[0].omitStages[0]: Invalid value: "Late"'],
    [
      rules('[{level: None, namespaces: [a], nonResourceURLs: [/b]}]'),
      'rules cannot apply to both',
    ],
  ] as const)('%j is none', ([text, why]) => {
    expect(() => new AuditPolicy(text)).toThrow(why);
  });
});
