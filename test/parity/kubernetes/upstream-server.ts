/**
 * The real kube-apiserver over the real etcd, built from their Go modules (`upstream/`): the judge that the
 * transcripts are recorded from. Building takes about a quarter of an hour, once.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..', '..');
const binaries = path.join(root, 'build', 'upstream');
const TOKEN = 'administrator';
/** Releases are told their version when they are built. */
const RELEASE = ['-ldflags', '-X k8s.io/component-base/version.gitVersion=v1.37.2'];
const PATIENCE_MS = 120_000;

export interface ReferenceServer {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export function buildUpstream(): void {
  for (const program of ['etcd', 'kube-apiserver']) {
    console.log(`Building ${program} …`);
    const { status } = spawnSync(
      'go',
      ['build', ...RELEASE, '-o', `${binaries}/`, `./${program}`],
      {
        cwd: path.join(import.meta.dirname, 'upstream'),
        stdio: 'inherit',
      },
    );
    if (status !== 0) throw new Error(`${program} could not be built. Go 1.26 or newer is needed.`);
  }
}

/** A new, empty control plane: API server and etcd, no controllers. */
export async function startUpstream(): Promise<ReferenceServer> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'upstream-'));
  const [client = 0, peer = 0, port = 0] = await freePorts(3);
  const file = (name: string): string => path.join(home, name);
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  await writeFile(file('service-accounts.key'), privateKey);
  await writeFile(file('tokens.csv'), `${TOKEN},kubernetes-admin,admin,"system:masters"\n`);
  const etcd = start('etcd', home, [
    `--data-dir=${file('etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync',
  ]);
  const apiServer = start('kube-apiserver', home, [
    `--etcd-servers=http://127.0.0.1:${client}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=10.0.0.11',
    `--cert-dir=${file('certificates')}`,
    `--service-account-key-file=${file('service-accounts.key')}`,
    `--service-account-signing-key-file=${file('service-accounts.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${file('tokens.csv')}`,
    '--endpoint-reconciler-type=none',
    // As kubeadm starts it.
    '--allow-privileged=true',
  ]);
  const stop = async (): Promise<void> => {
    await end(apiServer);
    await end(etcd);
    await rm(home, { recursive: true });
  };
  const kubeconfig = file('kubeconfig');
  await writeFile(kubeconfig, kubeconfigFor(`https://127.0.0.1:${port}`));
  await ready(port, apiServer);
  return { kubeconfig, stop };
}

function start(program: string, cwd: string, flags: readonly string[]): ChildProcess {
  return spawn(path.join(binaries, program), flags, { cwd, stdio: 'ignore' });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const closed = once(child, 'close');
  child.kill();
  await closed;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as net.AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Waits until `kubectl` would be answered. Asks by program, because the certificate is self-signed. */
async function ready(port: number, apiServer: ChildProcess): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline && apiServer.exitCode === null) {
    const { stdout } = spawnSync('curl', ['-sk', `https://127.0.0.1:${port}/readyz`], {
      encoding: 'utf8',
    });
    if (stdout === 'ok') return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('The upstream kube-apiserver did not become ready.');
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubernetes', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'kubernetes-admin', user: { token: TOKEN } }],
    contexts: [
      {
        name: 'kubernetes-admin@kubernetes',
        context: { cluster: 'kubernetes', user: 'kubernetes-admin' },
      },
    ],
    'current-context': 'kubernetes-admin@kubernetes',
  });
}
