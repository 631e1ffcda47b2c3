/** Builds the Go agent for this host and runs it on one end of a socket: for tests. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ByteChannel } from './byte-channel.ts';

const moduleDirectory = new URL('../../guest/agent', import.meta.url).pathname;
const CHANNEL_DESCRIPTOR = 3;

export interface RealAgent {
  readonly channel: ByteChannel;
  /** writes to the channel past the session, as a fault would */
  inject(bytes: Uint8Array): void;
  stop(): Promise<void>;
}

/** Compiles the agent; takes seconds the first time, then Go's cache answers. */
export function buildAgent(): { readonly start: () => RealAgent; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'drydock-agent-'));
  const binary = join(directory, 'drydock-agent');
  execFileSync('go', ['build', '-o', binary, './cmd/drydock-agent'], { cwd: moduleDirectory, env: { ...process.env, CGO_ENABLED: '0' }, stdio: 'inherit' });
  return { start: () => startAgent(binary), remove: () => rmSync(directory, { recursive: true, force: true }) };
}

function startAgent(binary: string): RealAgent {
  const child: ChildProcess = spawn(binary, ['-channel', String(CHANNEL_DESCRIPTOR)], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
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
