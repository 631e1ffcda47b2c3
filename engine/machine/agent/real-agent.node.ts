/** Builds the Go agent for this host and runs it on one end of a socket: for tests. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ByteChannel } from './byte-channel.ts';

const moduleDirectory = new URL('../../guest/agent', import.meta.url).pathname;
const CHANNEL_DESCRIPTOR = 3;

export interface RealAgent {
  readonly channel: ByteChannel;
  /** writes to the channel past the session, as a fault would */
  inject(bytes: Uint8Array): void;
  stop(): Promise<void>;
}

/** The directory with `go` in it, installed when need be; undefined when it is on the path. */
async function goDirectory(): Promise<string | undefined> {
  const script = new URL('../../../scripts/bootstrap.mjs', import.meta.url).href;
  const { ensureGo } = (await import(script)) as {
    ensureGo: () => Promise<string | undefined>;
  };
  return ensureGo();
}

/** Compiles the agent; takes seconds the first time, then Go's cache answers. */
export async function buildAgent(): Promise<{
  readonly start: () => RealAgent;
  readonly remove: () => void;
}> {
  const go = await goDirectory();
  const path = [go, process.env['PATH']].filter((part) => part !== undefined).join(delimiter);
  const directory = mkdtempSync(join(tmpdir(), 'drydock-agent-'));
  const binary = join(directory, 'drydock-agent');
  execFileSync('go', ['build', '-o', binary, './cmd/drydock-agent'], {
    cwd: moduleDirectory,
    env: { ...process.env, PATH: path, CGO_ENABLED: '0' },
    stdio: 'inherit',
  });
  return {
    start: () => startAgent(binary),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function startAgent(binary: string): RealAgent {
  const child: ChildProcess = spawn(binary, ['-channel', String(CHANNEL_DESCRIPTOR)], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const socket = child.stdio[CHANNEL_DESCRIPTOR] as Duplex;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  socket.on('error', () => undefined);
  const write = (bytes: Uint8Array): void | Promise<void> => {
    if (socket.write(bytes)) return;
    return new Promise((resolve) => socket.once('drain', resolve));
  };
  return {
    channel: {
      send: write,
      onReceive(listener) {
        const onData = (data: Buffer): void => listener(new Uint8Array(data));
        socket.on('data', onData);
        return () => void socket.off('data', onData);
      },
    },
    inject: (bytes) => void write(bytes),
    async stop() {
      socket.destroy();
      await exited;
    },
  };
}
