import { importPKCS8, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issueCertificate } from '../../pki/certificates.ts';
import { createAuthority } from '../../pki/certificates.ts';
import { X509Certificate } from '../../pki/x509.ts';
import { TestServer } from '../testing/test-server.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
});

afterEach(async () => {
  await server.stop();
});

const bob = { username: 'bob', groups: ['system:authenticated'] };

function role(name: string, rules: readonly unknown[]): unknown {
  return {
    kind: 'Role',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name },
    rules,
  };
}

function binding(name: string, roleName: string, user: string): unknown {
  return {
    kind: 'RoleBinding',
    apiVersion: 'rbac.authorization.k8s.io/v1',
    metadata: { name },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: roleName },
  };
}

async function certificateOf(
  authority: { certificate: string; key: string },
  commonName: string,
  usage: 'client' | 'server' = 'client',
): Promise<Uint8Array<ArrayBuffer>> {
  const { certificate } = await issueCertificate(
    authority,
    { commonName, organizations: ['system:masters'], usage },
    server.clock.now(),
    server.random,
  );
  return new Uint8Array(new X509Certificate(certificate).rawData);
}

async function withCertificate(certificate: Uint8Array<ArrayBuffer>): Promise<number> {
  const response = await server.server.handle(
    {
      method: 'GET',
      url: 'http://localhost/api/v1/pods',
      headers: new Headers(),
      body: null,
    },
    { remoteAddress: '127.0.0.1', clientCertificates: [certificate] },
  );
  return response.status;
}

describe('client certificates', () => {
  it('are good when the authority signed them for clients', async () => {
    const { ca } = server.pki;
    expect(await withCertificate(await certificateOf(ca, 'alice'))).toBe(200);
    expect(await withCertificate(await certificateOf(ca, 'alice', 'server'))).toBe(401);
    const other = await createAuthority('kubernetes', server.clock.now(), server.random);
    expect(await withCertificate(await certificateOf(other, 'alice'))).toBe(401);
    expect(await withCertificate(new Uint8Array(3))).toBe(401);
  });

  it('end', async () => {
    const certificate = await certificateOf(server.pki.ca, 'alice');
    expect(await withCertificate(certificate)).toBe(200);
    // They are valid for ten years.
    server.clock.advance(11 * 366 * 86_400_000);
    expect(await withCertificate(certificate)).toBe(401);
  });
});

describe('nobody in particular', () => {
  it('may see the version and little else', async () => {
    const ask = (path: string) => server.request('GET', path, { user: null });
    expect((await ask('/version')).status).toBe(200);
    expect((await ask('/api/v1/pods')).body).toMatchObject({
      code: 403,
      message:
        'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
    });
    const headers = { authorization: 'Bearer nonsense' };
    expect((await server.request('GET', '/version', { user: null, headers })).status).toBe(401);
  });
});

describe('RBAC', () => {
  it('allows what a bound role says', async () => {
    const pods = '/api/v1/namespaces/default/pods';
    expect((await server.request('GET', pods, { user: bob })).status).toBe(403);
    const rules = [{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }];
    await server.request('POST', `${rbac}/namespaces/default/roles`, { body: role('r', rules) });
    await server.request('POST', `${rbac}/namespaces/default/rolebindings`, {
      body: binding('b', 'r', 'bob'),
    });
    expect((await server.request('GET', pods, { user: bob })).status).toBe(200);
    const elsewhere = '/api/v1/namespaces/kube-system/pods';
    expect((await server.request('GET', elsewhere, { user: bob })).status).toBe(403);
  });

  it('says when a bound role is not there', async () => {
    await server.request('POST', `${rbac}/namespaces/default/rolebindings`, {
      body: binding('b', 'missing', 'bob'),
    });
    const { body } = await server.request('GET', '/api/v1/namespaces/default/pods', { user: bob });
    expect(body['message']).toBe(
      'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "missing" not found',
    );
  });

  it('lets nobody give away more than he has', async () => {
    const rules = [
      { verbs: ['*'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] },
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
    ];
    await server.request('POST', `${rbac}/namespaces/default/roles`, { body: role('r', rules) });
    await server.request('POST', `${rbac}/namespaces/default/rolebindings`, {
      body: binding('b', 'r', 'bob'),
    });
    const give = (verbs: readonly string[], name: string) =>
      server.request('POST', `${rbac}/namespaces/default/roles`, {
        user: { ...bob, groups: [] },
        body: role(name, [{ verbs, apiGroups: [''], resources: ['pods'] }]),
      });
    // '*' includes escalate, so it is taken away first.
    const without = [{ ...rules[0], verbs: ['create', 'update'] }, rules[1]];
    await server.request('PUT', `${rbac}/namespaces/default/roles/r`, { body: role('r', without) });
    expect((await give(['get'], 'one')).status).toBe(201);
    expect((await give(['get', 'list', 'watch'], 'two')).body['message']).toBe(
      'roles.rbac.authorization.k8s.io "two" is forbidden: user "bob" (groups=[]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["list" "watch"]}',
    );
  });
});

describe('impersonation', () => {
  it('is for who may', async () => {
    const as = (headers: Readonly<Record<string, string>>, user = bob) =>
      server.request('GET', '/api/v1/pods', { headers, user });
    const admin = { username: 'admin', groups: ['system:masters'] };
    expect((await as({ 'impersonate-user': 'alice' })).body['message']).toBe(
      'users "alice" is forbidden: User "bob" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
    expect((await as({ 'impersonate-user': 'alice' }, admin)).body['message']).toContain(
      'User "alice" cannot list',
    );
    const group = { 'impersonate-user': 'alice', 'impersonate-group': 'system:masters' };
    expect((await as(group, admin)).status).toBe(200);
  });
});

describe('bootstrap tokens', () => {
  it('are Secrets of kube-system', async () => {
    const secret = (data: Readonly<Record<string, string>>): unknown => ({
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: { name: 'bootstrap-token-abcdef' },
      type: 'bootstrap.kubernetes.io/token',
      stringData: data,
    });
    const data = {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      expiration: '2023-11-15T00:00:00Z',
    };
    await server.request('POST', '/api/v1/namespaces/kube-system/secrets', { body: secret(data) });
    const ask = (token: string) =>
      server.request('GET', '/api/v1/nodes', {
        user: null,
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await ask('abcdef.0123456789abcdef')).body['message']).toContain(
      'User "system:bootstrap:abcdef" cannot list',
    );
    expect((await ask('abcdef.0123456789abcdee')).status).toBe(401);
    server.clock.advance(86_400_000);
    expect((await ask('abcdef.0123456789abcdef')).status).toBe(401);
  });
});

describe('tokens that Secrets keep', () => {
  const accounts = '/api/v1/namespaces/default/serviceaccounts';
  const secrets = '/api/v1/namespaces/default/secrets';
  const ask = async (token: string): Promise<string> => {
    const headers = { authorization: `Bearer ${token}` };
    const { body } = await server.request('GET', '/api/v1/nodes', { user: null, headers });
    return String(body['message']);
  };

  async function keptToken(): Promise<string> {
    const { body } = await server.request('POST', accounts, {
      body: { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'robot' } },
    });
    const claim = 'kubernetes.io/serviceaccount';
    const token = await new SignJWT({
      [`${claim}/namespace`]: 'default',
      [`${claim}/secret.name`]: 'key',
      [`${claim}/service-account.name`]: 'robot',
      [`${claim}/service-account.uid`]: body.metadata['uid'],
    })
      .setProtectedHeader({ alg: 'ES256' })
      .setIssuer('kubernetes/serviceaccount')
      .setSubject('system:serviceaccount:default:robot')
      .sign(await importPKCS8(server.pki.serviceAccount.key, 'ES256'));
    await server.request('POST', secrets, {
      body: {
        kind: 'Secret',
        apiVersion: 'v1',
        metadata: {
          name: 'key',
          annotations: { 'kubernetes.io/service-account.name': 'robot' },
        },
        type: 'kubernetes.io/service-account-token',
        stringData: { token },
      },
    });
    return token;
  }

  it('are good as long as the Secret has them and the account is there', async () => {
    const token = await keptToken();
    expect(await ask(token)).toContain(
      'User "system:serviceaccount:default:robot" cannot list resource "nodes"',
    );
    expect(await ask(`${token.slice(0, -4)}AAAA`)).toBe('Unauthorized');
    await server.request('DELETE', `${secrets}/key`);
    expect(await ask(token)).toBe('Unauthorized');
  });

  it('end with their account, also when another one takes its name', async () => {
    const token = await keptToken();
    await server.request('DELETE', `${accounts}/robot`);
    expect(await ask(token)).toBe('Unauthorized');
    await server.request('POST', accounts, {
      body: { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: 'robot' } },
    });
    expect(await ask(token)).toBe('Unauthorized');
  });
});
