import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import type { ByteStream } from '../../../../engine/api/byte-stream.ts';
import type { ExitStatus } from '../../../../engine/api/agent.ts';
import { streamFromSocket } from '../../../../engine/http/socket-stream.node.ts';
import type { OutputChunk, ProcessIo } from '../../../../engine/runtime/types.ts';

/** Runs a program of this computer as a runtime runs one in a container. Rejects when there is none. */
export async function runProcess([program = '', ...args]: readonly string[]): Promise<ProcessIo> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(new Error(`executable not found: ${error.message}`)));
  });
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('close', (code) => resolve({ code: code ?? 1, finishedAt: 0 }));
  });
  const output = new ReadableStream<OutputChunk>({
    start(controller) {
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].on('data', (bytes: Buffer) => controller.enqueue({ stream, bytes }));
      void exited.then(() => controller.close());
    },
  });
  return {
    output,
    input: Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
    exited,
    resize: async () => undefined,
    signal: async () => undefined,
    close: async () => void child.kill(),
  };
}

/** A connection to a port of this computer. */
export async function connectTo(port: number): Promise<ByteStream> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return streamFromSocket(socket);
}
