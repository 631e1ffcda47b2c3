import { spawn } from 'node:child_process';
import { Duplex, Readable, Writable, type Stream } from 'node:stream';
import type {
  ReadableStream as NodeReadable,
  WritableStream as NodeWritable,
} from 'node:stream/web';
import type { WebSocket } from 'ws';
import type { SpdyStream } from '../../../../engine/http/spdy/spdy-session.ts';

/** What a client sees of a process: the streams it has asked for, and how it ended. */
export interface RemoteCommand {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** @param status a `Status`, which ends the command */
  finish(status: string): void;
}

/** Runs a command for a client. */
export function runCommand(
  [program = '', ...args]: readonly string[],
  { stdin, stdout, stderr, finish }: RemoteCommand,
): void {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  if (stdin === undefined) child.stdin.end();
  else stdin.pipe(child.stdin);
  child.stdout.pipe(stdout, { end: false });
  child.stderr.pipe(stderr, { end: false });
  child.on('error', (error) => finish(failure(`executable not found: ${error.message}`)));
  child.on('close', (code) => finish(code === 0 ? SUCCESS : exitStatus(code ?? 1)));
}

const SUCCESS = JSON.stringify({ metadata: {}, status: 'Success' });

const failure = (message: string): string =>
  JSON.stringify({ metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 });

const exitStatus = (code: number): string =>
  JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

/** The first byte of each message of v5.channel.k8s.io (apimachinery `remotecommand`). */
const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const CLOSE = 255;

/** A command whose streams are channels of one WebSocket. */
export function commandOverWebSocket(socket: WebSocket, wantsStdin: boolean): RemoteCommand {
  const stdin = new Readable({ read: () => {} });
  socket.on('message', (data: Buffer) => {
    if (data[0] === STDIN) stdin.push(data.subarray(1));
    if (data[0] === CLOSE && data[1] === STDIN) stdin.push(null);
  });
  const channel = (number: number): Writable =>
    new Writable({
      write: (chunk: Buffer, _encoding, done) =>
        socket.send(Buffer.concat([Buffer.of(number), chunk]), () => done()),
    });
  const error = channel(ERROR);
  return {
    stdin: wantsStdin ? stdin : undefined,
    stdout: channel(STDOUT),
    stderr: channel(STDERR),
    finish: (status) => error.write(status, () => socket.close(1000)),
  };
}

const readableOf = ({ readable }: SpdyStream): Readable =>
  Readable.fromWeb(readable as NodeReadable);
const writableOf = ({ writable }: SpdyStream): Writable =>
  Writable.fromWeb(writable as NodeWritable);

/** A command whose streams are streams of one SPDY connection, by the header `streamtype`. */
export function commandOverSpdy(
  streams: ReadonlyMap<string, SpdyStream>,
  end: () => void,
): RemoteCommand {
  const [stdin, stdout, stderr, error] = ['stdin', 'stdout', 'stderr', 'error'].map((name) =>
    streams.get(name),
  );
  const nowhere = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });
  const [out, err, last] = [stdout, stderr, error].map((stream) =>
    stream === undefined ? nowhere() : writableOf(stream),
  ) as [Writable, Writable, Writable];
  return {
    stdin: stdin === undefined ? undefined : readableOf(stdin),
    stdout: out,
    stderr: err,
    finish: (status) => {
      for (const stream of [out, err]) stream.end();
      last.end(status === SUCCESS ? '' : status, end);
    },
  };
}

/** A SPDY stream as Node has it. */
export function duplexOf(stream: SpdyStream): Duplex & Stream {
  return Duplex.fromWeb({
    readable: stream.readable as NodeReadable,
    writable: stream.writable as NodeWritable,
  });
}
