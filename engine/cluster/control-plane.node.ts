import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import type { ApiServer } from '../apiserver/api-server.ts';
import type { UserInfo } from '../apiserver/auth/user-info.ts';
import type { AuditPolicy } from '../apiserver/audit/policy.ts';
import { openAuditFile } from '../apiserver/host/audit-file.node.ts';
import { httpsOutbound } from '../apiserver/host/https-outbound.node.ts';
import { listenHttps } from '../apiserver/host/https-server.node.ts';
import type { Outbound } from '../apiserver/outbound/outbound.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { administratorKubeconfig } from '../pki/kubeconfig.ts';
import type { Transport } from '../client/transport.ts';
import { httpServiceOf } from '../http/index.ts';
import { openEtcd } from '../etcd/etcd-server.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';
import { lockDirectory } from '../storage/directory-lock.node.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { clusterApiServer, transportTo } from './cluster-api-server.ts';
import { loadClusterPki } from './load-cluster-pki.ts';

export interface ControlPlaneOptions {
  /** of 127.0.0.1; 0 for any free one */
  readonly port: number;
  /** directory that keeps everything between runs; memory when absent */
  readonly data?: string;
  /** the way to webhooks, kubelets and servers behind this one; the network when absent */
  readonly outbound?: Outbound;
  /** users by fixed bearer token (kube-apiserver `--token-auth-file`) */
  readonly tokens?: ReadonlyMap<string, UserInfo>;
  /** which requests are written down, and the file they are appended to (`-`: standard output) */
  readonly audit?: { readonly policy: AuditPolicy; readonly path: string };
  /** what went wrong without a client to be told in full */
  readonly onError: (error: unknown) => void;
}

/** A control plane without machines, in this process. */
export interface ControlPlane {
  /** https://127.0.0.1:PORT */
  readonly url: string;
  /** of an administrator */
  readonly kubeconfig: string;
  /** keys and certificates, for components that sign or hand out what verifies */
  readonly pki: ClusterPki;
  /** The way to the API server as this user, from within this thread. */
  transport(user: UserInfo): Transport;
  /** Leads to the API server's `HttpService`, as this user, for a component in a worker. */
  openPort(user: UserInfo): MessagePort;
  /** Ends it; what was acknowledged is on the disk. */
  close(): Promise<void>;
}

/** What to do about failures of a start that a user can mend. */
function explained(error: unknown, { data, port }: ControlPlaneOptions): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const cause = { cause: error };
  if (code === 'EADDRINUSE')
    return new Error(
      `Port ${port} is in use. Stop what listens there, or take another port.`,
      cause,
    );
  if (syscall === 'listen')
    return new Error(`Port ${port} cannot be listened on: ${message}`, cause);
  if (data !== undefined && syscall !== undefined)
    return new Error(`${data} cannot keep a cluster: ${message}`, cause);
  return error;
}

type Release = () => Promise<void> | void;

/** Starts etcd and an API server over HTTPS. Errors say what to do; nothing is left running or locked. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const releases: Release[] = [];
  const close = async (): Promise<void> => {
    for (let release = releases.pop(); release !== undefined; release = releases.pop())
      await release();
  };
  try {
    return { ...(await start(options, releases)), close };
  } catch (error) {
    await close();
    throw explained(error, options);
  }
}

/** @param releases takes what is to be undone, last first */
async function start(
  options: ControlPlaneOptions,
  releases: Release[],
): Promise<Omit<ControlPlane, 'close'>> {
  const { data, onError } = options;
  const openStorage = (name: string): Promise<Storage> =>
    data === undefined ? Promise.resolve(new MemoryStorage()) : FileStorage.open(`${data}/${name}`);
  if (data !== undefined) releases.push(await lockDirectory(data));
  const pki = await loadClusterPki(await openStorage('kubernetes'));
  const etcd = await openEtcd({
    storage: await openStorage('etcd'),
    clock: systemClock,
    random: cryptoRandom,
    onError,
  });
  releases.push(() => etcd.close());
  const auditFile =
    options.audit === undefined ? undefined : openAuditFile(options.audit.path, onError);
  releases.push(() => auditFile?.close());
  let started: (server: ApiServer) => void = () => {};
  const running = new Promise<ApiServer>((resolve) => (started = resolve));
  const https = await listenHttps({
    port: options.port,
    certificate: pki.apiserver,
    handle: async (request, connection) => (await running).handle(request, connection),
    clock: systemClock,
    onError,
  });
  const server = clusterApiServer({
    etcd,
    pki,
    // The Service named kubernetes needs it, and it is known only now.
    port: https.port,
    outbound: options.outbound ?? httpsOutbound,
    ...(options.audit === undefined || auditFile === undefined
      ? {}
      : { audit: { policy: options.audit.policy, sink: auditFile.sink } }),
    ...(options.tokens === undefined ? {} : { staticTokens: options.tokens }),
    onError,
  });
  releases.push(
    () => server.dispose(),
    () => https.close(),
  );
  await server.start();
  started(server);
  const url = `https://127.0.0.1:${https.port}`;
  const transport = (user: UserInfo): Transport => transportTo(server, user);
  return {
    url,
    kubeconfig: administratorKubeconfig(url, pki),
    pki,
    transport,
    openPort: (user) => exposeOnPort(httpServiceOf(transport(user))),
  };
}
