import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { CertificateSigningRequestSpec } from '../../objects/generated/certificates-v1.generated.ts';
import { createAuthority, type KeyPair } from '../../pki/certificates.ts';
import {
  ExtendedKeyUsageExtension,
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from '../../pki/x509.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

const APPROVING = 'certificatesigningrequest-approving-controller';
const SIGNING = 'certificatesigningrequest-signing-controller';
const CLEANER = 'certificatesigningrequest-cleaner-controller';
const NODE_USAGES = ['digital signature', 'key encipherment', 'client auth'] as const;

let world: ControlWorld;
let authority: KeyPair;
beforeAll(async () => {
  authority = await createAuthority('kubernetes', Date.UTC(2025, 0, 1), new SeededRandom(1));
});
afterEach(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

async function start(controllers: readonly string[], seed?: (client: Client) => Promise<void>) {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => controllers.includes(name)),
    { signingAuthority: authority },
    seed,
  );
}

/** Whoever is a node may have its client certificates. */
async function letNodes(client: Client): Promise<void> {
  await client.create(resources.clusterRoleBindings, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'approve' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    },
    subjects: [
      { kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'system:masters' },
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'kubernetes-admin' },
    ],
  });
}

async function pem(subject: string, dns: readonly string[] = []): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const names = dns.map((value) => ({ type: 'dns' as const, value }));
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
    ...(dns.length === 0 ? {} : { extensions: [new SubjectAlternativeNameExtension(names)] }),
  });
  return `${PemConverter.encode(request.rawData, 'CERTIFICATE REQUEST')}\n`;
}

async function ask(
  subject: string,
  spec: Omit<CertificateSigningRequestSpec, 'request'>,
  dns?: readonly string[],
): Promise<void> {
  await world.client.create(resources.certificateSigningRequests, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr' },
    spec: { ...spec, request: btoa(await pem(subject, dns)) },
  });
  await settled();
}

/** Cryptography is done on other threads: it is over when a change of the request shows. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await crypto.subtle.digest('SHA-256', new Uint8Array(1_000));
    await world.settle();
  }
}

const find = () => world.client.get(resources.certificateSigningRequests, { name: 'csr' });

async function approve(type: 'Approved' | 'Denied' = 'Approved'): Promise<void> {
  const request = await find();
  const condition = { type, status: 'True', reason: 'Test', message: 'by hand' };
  await world.client.update(
    resources.certificateSigningRequests,
    { ...request, status: { conditions: [condition] } },
    { subresource: 'approval' },
  );
  await settled();
}

describe('approving', () => {
  const spec = {
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: NODE_USAGES,
  };

  it('approves what kubelets ask for, and it is signed', async () => {
    await start([APPROVING, SIGNING], letNodes);
    await ask('O=system:nodes,CN=system:node:n1', spec);
    const { status } = await find();
    expect(status?.conditions).toMatchObject([
      {
        type: 'Approved',
        status: 'True',
        reason: 'AutoApproved',
        message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
      },
    ]);
    const certificate = new X509Certificate(atob(status?.certificate ?? ''));
    expect(certificate.subjectName.getField('CN')).toEqual(['system:node:n1']);
    const publicKey = new X509Certificate(authority.certificate);
    const date = new Date(world.clock.now());
    expect(await certificate.verify({ publicKey, date })).toBe(true);
  });

  it('leaves what is not for a kubelet to people, and who may not have it', async () => {
    await start([APPROVING]);
    await ask('O=system:nodes,CN=node:n1', spec);
    expect(world.sent).toEqual([]);
    await world.client.delete(resources.certificateSigningRequests, { name: 'csr' });
    await ask('O=system:nodes,CN=system:node:n1', { ...spec, usages: ['client auth'] });
    expect(world.sent).toEqual([]);
  });
});

describe('signing', () => {
  const hour = 3_600_000;

  it('signs for clients, as long as they ask for', async () => {
    await start([SIGNING]);
    await ask('O=team,CN=jane', {
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
      expirationSeconds: 3600,
    });
    expect((await find()).status?.certificate).toBeUndefined();
    await approve();
    const certificate = new X509Certificate(atob((await find()).status?.certificate ?? ''));
    const now = world.clock.now();
    expect(certificate.notBefore.getTime()).toBe(now - 300_000);
    expect(certificate.notAfter.getTime()).toBe(now + hour);
    expect(certificate.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual([
      '1.3.6.1.5.5.7.3.2',
    ]);
  });

  it('signs for kubelets that serve, under their names', async () => {
    await start([SIGNING]);
    await ask(
      'O=system:nodes,CN=system:node:n1',
      { signerName: 'kubernetes.io/kubelet-serving', usages: ['digital signature', 'server auth'] },
      ['n1.example'],
    );
    await approve();
    const certificate = new X509Certificate(atob((await find()).status?.certificate ?? ''));
    const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items;
    expect(names?.map(({ value }) => value)).toEqual(['n1.example']);
    // A year, less what it is dated back.
    expect(certificate.notAfter.getTime()).toBe(world.clock.now() + 365 * 24 * hour - 300_000);
  });

  it.each([
    [
      'kubernetes.io/kube-apiserver-client',
      'CN=jane',
      ['server auth'],
      'invalid usage for client certificate: server auth',
    ],
    [
      'kubernetes.io/kubelet-serving',
      'O=system:nodes,CN=system:node:n1',
      ['digital signature', 'server auth'],
      'DNS or IP subjectAltName is required',
    ],
    [
      'kubernetes.io/kube-apiserver-client-kubelet',
      'O=nodes,CN=system:node:n1',
      NODE_USAGES,
      'subject organization is not system:nodes',
    ],
  ] as const)(
    'says what is wrong with a request to %s',
    async (signerName, subject, usages, why) => {
      await start([SIGNING]);
      await ask(subject, { signerName, usages });
      await approve();
      const { status } = await find();
      expect(status?.certificate).toBeUndefined();
      expect(status?.conditions?.at(-1)).toMatchObject({
        type: 'Failed',
        status: 'True',
        reason: 'SignerValidationFailure',
        message: why,
      });
    },
  );

  it('leaves other signers alone', async () => {
    await start([SIGNING]);
    await ask('CN=jane', { signerName: 'example.com/mine', usages: ['client auth'] });
    await approve();
    expect(world.sent).toEqual([]);
  });
});

it.each([
  ['Denied', 1],
  ['Approved', 24],
] as const)('deletes what was %s after %i hours', async (type, hours) => {
  await start([CLEANER]);
  await ask('CN=jane', { signerName: 'example.com/mine', usages: ['client auth'] });
  await approve(type);
  await world.advance(hours * 3_600_000, 3_600_000);
  expect(world.sent).toEqual([]);
  await world.advance(3_600_000);
  expect(await find().catch(reasonOf)).toBe('NotFound');
});
