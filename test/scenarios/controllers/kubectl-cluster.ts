import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { Client } from '../../../engine/client/client.ts';
import { SharedInformers } from '../../../engine/client/informer/shared-informers.ts';
import { startCluster, type ClusterOptions } from '../../../engine/cluster/cluster.node.ts';
import { kubernetesTools } from '../../parity/kubernetes/kubernetes-tools.ts';

/** What kubectl prints, and its exit status. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** A cluster of hollow nodes that a real kubectl is led to. */
export interface KubectlCluster extends AsyncDisposable {
  /** What it prints to standard output. Throws what it prints to standard error when it fails. */
  kubectl(...argv: readonly string[]): Promise<string>;
  /** The same for one that may fail. */
  tryKubectl(...argv: readonly string[]): Promise<Printed>;
  /** Applies objects as YAML. */
  apply(yaml: string): Promise<void>;
  /** To see what kubectl does not wait for. */
  readonly informers: SharedInformers;
  /** what the cluster told of itself */
  readonly errors: readonly unknown[];
}

/** @param nodes how many; their Pods are ready at once */
export async function startKubectlCluster(
  nodes: number,
  more: Pick<ClusterOptions, 'managerFlags' | 'spawn'> = {},
): Promise<KubectlCluster> {
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  const home = await mkdtemp(path.join(os.tmpdir(), 'drydock-kubectl-'));
  const cluster = await startCluster({
    port: 0,
    hollow: nodes,
    hollowReadyAfter: 0,
    ...more,
    onError,
  });
  const file = path.join(home, 'kubeconfig');
  await writeFile(file, cluster.kubeconfig);
  const [folder = ''] = await kubernetesTools();
  const env = { KUBECONFIG: file, HOME: home, PATH: '/usr/bin:/bin' };
  const administrator = { username: 'kubernetes-admin', groups: ['system:masters'] };
  const clock = systemClock;
  const client = new Client({
    transport: cluster.transport(administrator),
    clock,
    userAgent: 'drydock-test/1',
  });
  const informers = new SharedInformers({ client, clock, random: cryptoRandom, onError });
  const tryKubectl = (argv: readonly string[], input = ''): Promise<Printed> =>
    new Promise((resolve) => {
      const child = execFile(path.join(folder, 'kubectl'), argv, { env }, (failed, out, error) =>
        resolve({ code: failed === null ? 0 : Number(failed.code), out, error }),
      );
      child.stdin?.end(input);
    });
  const kubectl = async (argv: readonly string[], input?: string): Promise<string> => {
    const { code, out, error } = await tryKubectl(argv, input);
    if (code !== 0) throw new Error(`kubectl ${argv.join(' ')}: ${error}${out}`);
    return out;
  };
  return {
    kubectl: (...argv) => kubectl(argv),
    tryKubectl: (...argv) => tryKubectl(argv),
    apply: async (yaml) => void (await kubectl(['apply', '-f', '-'], yaml)),
    informers,
    errors,
    async [Symbol.asyncDispose]() {
      informers.dispose();
      await cluster.close();
      await rm(home, { recursive: true });
    },
  };
}
