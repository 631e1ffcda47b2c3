import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditPolicy } from '../../audit/policy.ts';
import { TestServer, type Answer } from '../../testing/test-server.ts';

let server: TestServer;

let notes: Readonly<Record<string, string>>[];

beforeEach(async () => {
  notes = [];
  const policy = new AuditPolicy(
    '{apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: Metadata, omitStages: [RequestReceived]}]}',
  );
  server = await TestServer.start({
    audit: {
      policy,
      sink: (line) => {
        const { annotations = {} } = JSON.parse(line) as { annotations?: Record<string, string> };
        notes.push(annotations);
      },
    },
  });
  await create('/api/v1/namespaces', { kind: 'Namespace', metadata: { name: 'shop' } });
  await create('/api/v1/namespaces/shop/serviceaccounts', {
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
});

afterEach(async () => {
  await server.stop();
});

function create(path: string, object: object): Promise<Answer> {
  return server.request('POST', path, { body: { apiVersion: 'v1', ...object } });
}

function pod(name: string, spec: object): Promise<Answer> {
  return create('/api/v1/namespaces/shop/pods', {
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'a', image: 'b' }], ...spec },
  });
}

function patch(path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/strategic-merge-patch+json' };
  return server.request('PATCH', `/api/v1/namespaces/shop${path}`, { headers, body });
}

const label = (labels: object): Promise<Answer> =>
  patch('', {
    metadata: {
      labels: Object.fromEntries(
        Object.entries(labels).map(([name, value]) => [
          `pod-security.kubernetes.io/${name}`,
          value,
        ]),
      ),
    },
  });

/** Texts as the real API server had them. */
describe('PodSecurity', () => {
  it('names Pods that a new level would not let in', async () => {
    await pod('b', { hostPID: true });
    await pod('a', { hostPID: true });
    await pod('c', { hostPID: true, hostNetwork: true });
    const privileged = [{ name: 'a', image: 'b', securityContext: { privileged: true } }];
    await pod('d', { hostPID: true, containers: privileged });
    await pod('ok', {});
    const { status, headers } = await label({ enforce: 'baseline' });
    expect(status).toBe(200);
    expect(headers.get('warning')).toBe(
      [
        String.raw`299 - "existing pods in namespace \"shop\" violate the new PodSecurity enforce level \"baseline:latest\""`,
        '299 - "a (and 2 other pods): host namespaces"',
        '299 - "d: host namespaces, privileged"',
      ].join(', '),
    );
    expect((await label({ enforce: 'privileged' })).headers.get('warning')).toBeNull();
  });

  it('refuses levels and versions that are none', async () => {
    const { body } = await label({ warn: 'x', 'audit-version': 'y' });
    expect(body).toMatchObject({
      code: 422,
      message:
        'Namespace "shop" is invalid: [metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "y": must be "latest" or "v1.x", metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "x": must be one of privileged, baseline, restricted]',
    });
  });

  it('notes for the audit log what another level would refuse', async () => {
    await label({ audit: 'baseline', 'audit-version': 'v1.30' });
    await pod('a', { hostPID: true });
    expect(notes.at(-1)).toMatchObject({
      'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
      'pod-security.kubernetes.io/audit-violations':
        'would violate PodSecurity "baseline:v1.30": host namespaces (hostPID=true)',
    });
  });

  it('looks at a running Pod again when its images change', async () => {
    await pod('d', { hostPID: true });
    await label({ enforce: 'baseline', 'enforce-version': 'v1.20' });
    expect((await patch('/pods/d', { metadata: { labels: { a: 'b' } } })).status).toBe(200);
    const image = await patch('/pods/d', { spec: { containers: [{ name: 'a', image: 'c' }] } });
    expect(image.body['message']).toBe(
      'pods "d" is forbidden: violates PodSecurity "baseline:v1.20": host namespaces (hostPID=true)',
    );
  });

  it('warns who writes a template, and lets it be', async () => {
    await label({ enforce: 'baseline' });
    const template = {
      metadata: { labels: { app: 'a' } },
      spec: { hostNetwork: true, containers: [{ name: 'a', image: 'b' }] },
    };
    const { status, headers } = await server.request(
      'POST',
      '/apis/apps/v1/namespaces/shop/deployments',
      {
        body: {
          kind: 'Deployment',
          apiVersion: 'apps/v1',
          metadata: { name: 'a' },
          spec: { selector: { matchLabels: { app: 'a' } }, template },
        },
      },
    );
    expect(status).toBe(201);
    expect(headers.get('warning')).toBe(
      String.raw`299 - "would violate PodSecurity \"baseline:latest\": host namespaces (hostNetwork=true)"`,
    );
  });
});
