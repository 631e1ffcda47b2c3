import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { normalise, type Command, type Transcript } from './transcript.ts';

/** Longer than any command of the corpus takes: a hanging one ends with this status, as `timeout` gives. */
const PATIENCE_MS = 240_000;
const TIMED_OUT = 124;

export interface Shell {
  /** file that leads kubectl to the server */
  readonly kubeconfig: string;
  /** folders put before PATH */
  readonly tools: readonly string[];
}

/** Runs every command in a fresh folder; resolves to the transcript with what was printed. */
export async function runTranscript(transcript: Transcript, shell: Shell): Promise<Transcript> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'transcript-'));
  try {
    const parts: Transcript[number][] = [];
    for (const part of transcript) {
      parts.push(part.kind === 'comment' ? part : await runCommand(part, shell, folder));
    }
    return parts;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runCommand(command: Command, shell: Shell, cwd: string): Promise<Command> {
  const child = spawn('bash', ['-c', `exec 2>&1\n${command.script}`], {
    cwd,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: [...shell.tools, process.env['PATH']].join(path.delimiter),
      HOME: cwd,
      KUBECONFIG: shell.kubeconfig,
      KUBECACHEDIR: path.join(cwd, '.cache'),
      LC_ALL: 'C.UTF-8',
    },
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const status = await new Promise<number>((resolve) => {
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      resolve(TIMED_OUT);
    }, PATIENCE_MS);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve(code ?? TIMED_OUT);
    });
  });
  const printed = normalise(Buffer.concat(chunks).toString().replaceAll(cwd, '<folder>'));
  const lines = [printed, status === 0 ? '' : `[exit ${status}]`].filter((line) => line !== '');
  return { ...command, output: lines.join('\n') };
}
