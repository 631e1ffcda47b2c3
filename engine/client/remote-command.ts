import type { ExitStatus, TerminalSize } from '../api/agent.ts';
import type { PodCommand } from '../api/cluster.ts';
import type { LabTerminal } from '../api/lab.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { readAll, webSocketMessages } from '../http/index.ts';
import type { Status } from '../objects/status/status.ts';
import { resourcePath } from './resource.ts';
import { resources } from './resources.ts';
import { failureOf } from './response-failure.ts';
import type { Transport } from './transport.ts';

export interface RemoteCommandOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
}

const PROTOCOL = 'v5.channel.k8s.io';
/** Channels of that protocol: the first byte of each message. */
const STDIN = 0;
const STDOUT = 1;
const STATUS = 3;
const RESIZE = 4;
/** The message that closes the channel which its second byte names. */
const CLOSE = 255;

const encoder = new TextEncoder();

/**
 * Runs a command with a terminal in a container, through the API server, as `kubectl exec -it` does (client-go's
 * `tools/remotecommand`, over a WebSocket). @throws StatusError when the API server or the kubelet refuses
 */
export async function execInPod(
  { transport, clock, random }: RemoteCommandOptions,
  { namespace, pod, container, argv, size }: PodCommand,
): Promise<LabTerminal> {
  const query = new URLSearchParams({ container, stdin: 'true', stdout: 'true', tty: 'true' });
  for (const word of argv) query.append('command', word);
  const path = resourcePath(resources.pods, { namespace, name: pod }, 'exec');
  const answer = await transport({
    method: 'GET',
    url: `https://kubernetes${path}?${query}`,
    headers: new Headers({
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': btoa(String.fromCharCode(...random.bytes(16))),
      'sec-websocket-protocol': PROTOCOL,
    }),
    body: null,
  });
  if (!('takeOver' in answer)) {
    const text = new TextDecoder().decode(await readAll(answer.body));
    throw failureOf('GET', answer.status, text);
  }
  const [up, down] = [pipe(), pipe()];
  const broken = answer.takeOver({ readable: up.readable, writable: down.writable });
  // What breaks shows where it is read.
  broken.catch((error: unknown) => down.writable.abort(error).catch(() => {}));
  const messages = webSocketMessages(
    { readable: down.readable, writable: up.writable },
    { masks: () => random.bytes(4) },
  );
  const writer = messages.writable.getWriter();
  writer.closed.catch(() => {});
  const send = (channel: number, bytes: Uint8Array): Promise<void> => {
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    return writer.write(message);
  };
  const resize = ({ rows, cols }: TerminalSize): Promise<void> =>
    send(RESIZE, encoder.encode(JSON.stringify({ Width: cols, Height: rows })));
  let settle: { resolve(exit: ExitStatus): void; reject(error: unknown): void } | undefined;
  const exited = new Promise<ExitStatus>((resolve, reject) => (settle = { resolve, reject }));
  exited.catch(() => {});
  const close = (): Promise<void> => writer.close().catch(() => {});
  const reader = messages.readable.getReader();
  // Not waited for: the other side may speak first, and be heard only when somebody reads.
  resize(size).catch(() => {});
  return {
    stream: {
      readable: new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            try {
              for (;;) {
                const { done, value } = await reader.read();
                if (done) throw new Error('The connection to the container broke.');
                if (value[0] === STDOUT && value.length > 1)
                  return controller.enqueue(value.subarray(1));
                if (value[0] !== STATUS) continue;
                settle?.resolve({ code: exitCode(value.subarray(1)), finishedAt: clock.now() });
                await close();
                controller.close();
                return;
              }
            } catch (error) {
              settle?.reject(error);
              await close();
              throw error;
            }
          },
          cancel: close,
        },
        { highWaterMark: 0 },
      ),
      writable: new WritableStream<Uint8Array>({
        write: (bytes) => send(STDIN, bytes),
        close: () => writer.write(Uint8Array.of(CLOSE, STDIN)),
      }),
    },
    resize,
    exited,
    close,
  };
}

const pipe = (): TransformStream<Uint8Array, Uint8Array> => new TransformStream();

/** @throws Error when there was no command: the program is not there */
function exitCode(status: Uint8Array): number {
  const { status: how, message, details } = JSON.parse(new TextDecoder().decode(status)) as Status;
  if (how === 'Success') return 0;
  const code = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code === undefined) throw new Error(message);
  return Number(code);
}
