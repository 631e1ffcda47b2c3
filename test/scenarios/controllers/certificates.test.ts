import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '../../../engine/pki/x509.ts';
import { startKubectlCluster, type KubectlCluster } from './kubectl-cluster.ts';

let cluster: KubectlCluster;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'drydock-certificates-'));
  cluster = await startKubectlCluster(0);
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
  expect(cluster.errors).toEqual([]);
});

it('lets somebody in with a certificate that was asked for and approved', async () => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const { rawData } = await Pkcs10CertificateRequestGenerator.create({
    name: 'O=crew,CN=jane',
    keys,
    signingAlgorithm: algorithm,
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  const [keyFile, certificateFile] = [path.join(home, 'key'), path.join(home, 'certificate')];
  await writeFile(keyFile, PemConverter.encode(key, 'PRIVATE KEY'));
  const { kubectl } = cluster;
  await cluster.apply(`
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: jane }
spec:
  request: ${btoa(`${PemConverter.encode(rawData, 'CERTIFICATE REQUEST')}\n`)}
  signerName: kubernetes.io/kube-apiserver-client
  expirationSeconds: 3600
  usages: [client auth]
`);
  const state = () => kubectl('get', 'csr', 'jane', '--no-headers');
  expect(await state()).toMatch(/ Pending\n$/);
  await kubectl('certificate', 'approve', 'jane');
  await kubectl('wait', 'csr/jane', '--for=jsonpath={.status.certificate}', '--timeout=240s');
  expect(await state()).toMatch(/ Approved,Issued\n$/);
  const issued = await kubectl('get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}');
  await writeFile(certificateFile, atob(issued));
  await kubectl(
    'config',
    'set-credentials',
    'jane',
    `--client-certificate=${certificateFile}`,
    `--client-key=${keyFile}`,
    '--embed-certs',
  );
  const who = 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}';
  expect(await kubectl('--user=jane', 'auth', 'whoami', '-o', who)).toBe(
    'jane ["crew","system:authenticated"]',
  );
});
