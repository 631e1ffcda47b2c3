/**
 * The cluster of three real machines that all tests of a run share (`global-setup.ts` starts it): `control-plane`,
 * `worker-1`, `worker-2`. Tests work in namespaces of their own (`newNamespace`), so that files can run side by side.
 */
import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, onTestFinished } from 'vitest';
import type { MachineMetrics } from '../../../engine/api/machine.ts';

export interface SharedCluster {
  /** https://127.0.0.1:PORT */
  readonly url: string;
  /** path of a file, of an administrator */
  readonly kubeconfig: string;
  /** where the machines are worked on from */
  readonly control: string;
  /** folders of kubectl and helm */
  readonly tools: readonly string[];
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: SharedCluster;
  }
}

export interface Output {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds: a guard against hanging, not a measure. */
const PATIENCE_MS = 180_000;
const POLL_MS = 250;
const MOST_OUTPUT = 64 * 1024 * 1024;

function environment(): NodeJS.ProcessEnv {
  const { kubeconfig, tools } = inject('cluster');
  return {
    ...process.env,
    KUBECONFIG: kubeconfig,
    PATH: [...tools, process.env['PATH']].join(path.delimiter),
  };
}

/** Runs kubectl on this computer. Never rejects: the status says how it went. @param input its standard input */
export function tryKubectl(args: readonly string[], input?: string): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(
      'kubectl',
      [...args],
      { env: environment(), maxBuffer: MOST_OUTPUT, timeout: PATIENCE_MS },
      (error, stdout, stderr) =>
        resolve({
          status: error === null ? 0 : typeof error.code === 'number' ? error.code : 255,
          stdout,
          stderr,
        }),
    );
    child.stdin?.end(input ?? '');
  });
}

/** What kubectl prints, without the last line end. Rejects with what it says when it fails. */
export async function kubectl(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await tryKubectl(args);
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}${stdout}`);
  return stdout.trimEnd();
}

/** A kubectl that goes on until it is ended, such as `logs -f` or `port-forward`. */
export function spawnKubectl(...args: readonly string[]) {
  const child = spawn('kubectl', [...args], { env: environment(), stdio: 'pipe' });
  onTestFinished(() => void child.kill());
  return child;
}

/** Applies manifests, as YAML or as objects. */
export async function apply(
  namespace: string,
  ...manifests: readonly (string | object)[]
): Promise<void> {
  const text = manifests
    .map((manifest) => (typeof manifest === 'string' ? manifest : JSON.stringify(manifest)))
    .join('\n---\n');
  const { status, stderr } = await tryKubectl(['apply', '-n', namespace, '-f', '-'], text);
  if (status !== 0) throw new Error(stderr);
}

/** An object as the API server has it. @param what such as `pod/web` */
export async function get(namespace: string, what: string): Promise<Record<string, unknown>> {
  return JSON.parse(await kubectl('get', '-n', namespace, what, '-o', 'json')) as Record<
    string,
    unknown
  >;
}

let count = 0;

/** A namespace for one test, which is deleted behind its back when it has finished. */
export async function newNamespace(prefix = 'test'): Promise<string> {
  const name = `${prefix}-${process.pid}-${++count}`;
  await kubectl('create', 'namespace', name);
  onTestFinished(async () => {
    await kubectl('delete', 'namespace', name, '--wait=false');
  });
  // Pods need it, and a controller makes it.
  await until(async () => {
    const found = await tryKubectl(['get', '-n', name, 'serviceaccount', 'default']);
    return found.status === 0;
  }, `namespace ${name}`);
  return name;
}

/** Waits until `check` is true, or gives something. Fails with `what` and what was thrown last. */
export async function until<T>(
  check: () => Promise<T | false | undefined>,
  what: string,
  patience = PATIENCE_MS,
): Promise<T> {
  const deadline = performance.now() + patience;
  let last: unknown;
  for (;;) {
    try {
      const value = await check();
      if (value !== false && value !== undefined) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline)
      throw new Error(`In vain waited for: ${what} (${String(last)})`);
    await sleep(POLL_MS);
  }
}

/** `kubectl wait`, such as `--for=condition=Ready pod/web`. */
export function waitFor(namespace: string, ...args: readonly string[]): Promise<string> {
  return kubectl('wait', '-n', namespace, '--timeout=180s', ...args);
}

async function control(what: string, wish: object): Promise<unknown> {
  const response = await fetch(`${inject('cluster').control}/${what}`, {
    method: 'POST',
    body: JSON.stringify(wish),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(answer);
  return JSON.parse(answer) as unknown;
}

/** What a shell command prints in the machine of a node (standard output and error). Rejects when it fails. */
export async function runOnNode(node: string, command: string): Promise<string> {
  return (await control('run', { node, command })) as string;
}

export async function setCable(node: string, plugged: boolean): Promise<void> {
  await control('cable', { node, plugged });
}

export async function freezeNode(node: string): Promise<void> {
  await control('freeze', { node });
}

export async function thawNode(node: string): Promise<void> {
  await control('thaw', { node });
}

export async function killNode(node: string): Promise<void> {
  await control('kill', { node });
}

/** A new machine in place of one that was killed. */
export async function replaceNode(node: string): Promise<void> {
  await control('replace', { node });
}

export async function metricsOf(node: string): Promise<MachineMetrics> {
  return (await control('metrics', { node })) as MachineMetrics;
}
