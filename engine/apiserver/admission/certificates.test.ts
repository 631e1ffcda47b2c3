import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserInfo } from '../auth/user-info.ts';
import { TestServer, type Answer } from '../testing/test-server.ts';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '../../pki/x509.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
  // jane may do everything with requests, and is trusted with one signer only.
  await allow('jane', [
    { apiGroups: ['certificates.k8s.io'], resources: ['*'], verbs: ['get', 'create', 'update'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['example.com/*'],
      verbs: ['approve', 'sign', 'attest'],
    },
  ]);
});

afterAll(() => server.stop());

async function allow(name: string, rules: readonly object[]): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  await server.request('POST', `${RBAC}/clusterroles`, {
    body: { kind: 'ClusterRole', apiVersion, metadata: { name }, rules },
  });
  await server.request('POST', `${RBAC}/clusterrolebindings`, {
    body: {
      kind: 'ClusterRoleBinding',
      apiVersion,
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [{ apiGroup, kind: 'User', name }],
    },
  });
  await server.request('GET', `${RBAC}/clusterrolebindings`);
}

async function pem(subject: string): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  });
  return `${PemConverter.encode(request.rawData, 'CERTIFICATE REQUEST')}\n`;
}

const jane: UserInfo = { username: 'jane', groups: ['system:authenticated'] };

async function create(name: string, signerName: string, subject = 'CN=jane'): Promise<Answer> {
  const spec = { request: btoa(await pem(subject)), signerName, usages: ['client auth'] };
  const body = {
    kind: 'CertificateSigningRequest',
    apiVersion: 'certificates.k8s.io/v1',
    metadata: { name },
    spec,
  };
  return server.request('POST', REQUESTS, { body, user: jane });
}

const message = ({ body }: Answer): unknown => (body as { readonly message?: unknown }).message;

const condition = { type: 'Approved', status: 'True', reason: 'Test' };

async function put(name: string, subresource: string, status: object): Promise<Answer> {
  const { body } = await server.request('GET', `${REQUESTS}/${name}`);
  return server.request('PUT', `${REQUESTS}/${name}/${subresource}`, {
    body: { ...body, status },
    user: jane,
  });
}

test('who is asked for is who asks', async () => {
  const { status, body } = await create('own', 'example.com/a');
  expect([status, body]).toMatchObject([
    201,
    { spec: { username: 'jane', groups: ['system:authenticated'] } },
  ]);
});

test('a request is approved by who is trusted with its signer', async () => {
  await create('mine', 'example.com/a');
  const approved = await put('mine', 'approval', { conditions: [condition] });
  expect([approved.status, approved.body]).toMatchObject([
    200,
    { status: { conditions: [condition] } },
  ]);
  await create('others', 'other.com/a');
  const refused = await put('others', 'approval', { conditions: [condition] });
  expect(refused.status).toBe(403);
  expect(message(refused)).toBe(
    'certificatesigningrequests.certificates.k8s.io "others" is forbidden: user not permitted to approve requests with signerName "other.com/a"',
  );
});

test('a request is signed by who is trusted with its signer', async () => {
  const certificate = btoa(server.pki.ca.certificate);
  await create('unsigned', 'other.com/a');
  const refused = await put('unsigned', 'status', { certificate });
  expect(message(refused)).toBe(
    'certificatesigningrequests.certificates.k8s.io "unsigned" is forbidden: user not permitted to sign requests with signerName "other.com/a"',
  );
  await create('signed', 'example.com/a');
  const signed = await put('signed', 'status', { certificate });
  expect([signed.status, signed.body]).toMatchObject([200, { status: { certificate } }]);
});

test('nobody asks to be a master', async () => {
  const signer = 'kubernetes.io/kube-apiserver-client';
  const refused = await create('master', signer, 'CN=jane,O=system:masters');
  expect(message(refused)).toBe(
    `certificatesigningrequests.certificates.k8s.io "master" is forbidden: use of ${signer} signer with system:masters group is not allowed`,
  );
  expect((await create('member', signer, 'CN=jane,O=team')).status).toBe(201);
});

test('a bundle is published by who is trusted with its signer', async () => {
  const publish = (name: string, signerName: string): Promise<Answer> =>
    server.request('POST', '/apis/certificates.k8s.io/v1/clustertrustbundles', {
      user: jane,
      body: {
        kind: 'ClusterTrustBundle',
        apiVersion: 'certificates.k8s.io/v1',
        metadata: { name },
        spec: { signerName, trustBundle: server.pki.ca.certificate },
      },
    });
  expect((await publish('example.com:a:b', 'example.com/a')).status).toBe(201);
  expect(message(await publish('other.com:a:b', 'other.com/a'))).toBe(
    'clustertrustbundles.certificates.k8s.io "other.com:a:b" is forbidden: user not permitted to attest for signerName "other.com/a"',
  );
});
