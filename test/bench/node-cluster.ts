import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { httpsTransport } from '../../engine/client/https-transport.node.ts';
import { readKubeconfig } from '../../engine/client/kubeconfig.ts';
import { prove, type BenchCluster } from './bench.ts';

/**
 * `cluster start --nodes 0` as a process of its own, over HTTPS, with a data directory. Without hollow nodes only the
 * controller that Pods need runs: the others would delete Pods of nodes that are not there.
 */
export async function startNodeCluster(hollow = 0): Promise<BenchCluster> {
  const data = await mkdtemp(path.join(tmpdir(), 'drydock-bench-cluster-'));
  const main = path.resolve(import.meta.dirname, '../../engine/cli/main.ts');
  const argv = [
    '--import',
    'tsx',
    main,
    'cluster',
    'start',
    '--nodes',
    '0',
    '--data',
    data,
    '--kubeconfig',
    path.join(data, 'kubeconfig'),
    ...(hollow === 0
      ? ['--controllers', 'serviceaccount-controller']
      : ['--hollow', String(hollow)]),
  ];
  const server = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit').then(() => ['']);
  const first = once(createInterface(server.stdout), 'line');
  const [line = ''] = (await Promise.race([first, ended])) as string[];
  prove(line.startsWith('ready '), 'the cluster does not start');
  const kubeconfig = await readFile(path.join(data, 'kubeconfig'), 'utf8');
  const { transport, dispose } = httpsTransport(readKubeconfig(kubeconfig));
  return {
    transport,
    async memoryBytes() {
      const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
    async close() {
      dispose();
      server.kill('SIGINT');
      await once(server, 'exit');
      await rm(data, { recursive: true });
    },
  };
}
