import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { kubernetesTools } from '../../parity/kubernetes/kubernetes-tools.ts';
import type { SharedCluster } from './real-cluster.ts';

let end = (): Promise<void> => Promise.resolve();

export function teardown(): Promise<void> {
  return end();
}

/** Starts one cluster of three machines for all files of a run, in a process of its own. */
export async function setup(project: TestProject): Promise<void> {
  const tools = await kubernetesTools();
  const main = path.join(import.meta.dirname, 'cluster-process.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', main], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const line = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [first] = await Promise.race([
    line,
    ended.then(() => {
      throw new Error('The cluster did not start.');
    }),
  ]);
  const { url, kubeconfig, control } = JSON.parse(first) as Record<string, string>;
  const directory = await mkdtemp(path.join(tmpdir(), 'drydock-real-cluster-'));
  const file = path.join(directory, 'kubeconfig');
  await writeFile(file, kubeconfig ?? '', { mode: 0o600 });
  const cluster: SharedCluster = {
    url: url ?? '',
    kubeconfig: file,
    control: control ?? '',
    tools,
  };
  project.provide('cluster', cluster);
  end = async () => {
    child.stdin.end();
    await ended;
    await rm(directory, { recursive: true });
  };
}
