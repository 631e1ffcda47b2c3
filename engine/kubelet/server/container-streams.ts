import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { TakenOver } from '../../http/index.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { KubeletContext, RuntimeContainer } from '../contracts.ts';
import { attachCommand, execCommand } from './container-process.ts';
import { allContainers } from './pod-containers.ts';
import { servePortForward } from './port-forward.ts';
import { serveRemoteCommand } from './remote-command.ts';
import type { StreamOptions } from './remote-streams.ts';
import { AnswerError } from './responses.ts';

type StreamContext = Pick<KubeletContext, 'clock' | 'cri' | 'pods'>;
type Answer = Promise<HttpResponse | TakenOver>;

/** Of a terminal until the client tells its own. */
const FIRST_SIZE = { rows: 24, cols: 80 };

/** Path of a request: with the Pod's uid before the container, or without. */
export interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  readonly uid?: string;
  readonly container: string;
}

/** `/exec/NAMESPACE/POD/CONTAINER?command=…`. Throws `AnswerError`. */
export async function exec(
  context: StreamContext,
  request: HttpRequest,
  path: ContainerPath,
): Answer {
  const query = new URL(request.url).searchParams;
  const options = streamOptions(query);
  const pod = find(context, path);
  const { id } = running(context, pod, path.container) ?? {};
  if (id === undefined)
    throw new AnswerError(500, `container not found (${JSON.stringify(path.container)})`);
  const command = query.getAll('command');
  const { stdin, stdout, stderr, tty } = options;
  return serveRemoteCommand(
    request,
    options,
    context.clock,
    execCommand(command, options, () =>
      context.cri.exec(id, {
        command,
        stdin,
        stdout,
        stderr,
        ...(tty ? { tty: FIRST_SIZE } : {}),
      }),
    ),
  );
}

/** `/attach/NAMESPACE/POD/CONTAINER`. Throws `AnswerError`. */
export async function attach(
  context: StreamContext,
  request: HttpRequest,
  path: ContainerPath,
): Answer {
  const asked = streamOptions(new URL(request.url).searchParams);
  const pod = find(context, path);
  const { id } = running(context, pod, path.container) ?? {};
  const spec = allContainers(pod).find(({ name }) => name === path.container);
  if (id === undefined || spec === undefined)
    throw new AnswerError(
      500,
      `container ${path.container} not found in pod ${path.pod}_${path.namespace}`,
    );
  // Whether there is a terminal was decided when the container was started.
  const tty = spec.tty === true;
  const options = { ...asked, tty };
  if (tty && asked.stderr)
    throw new AnswerError(
      500,
      'rpc error: code = InvalidArgument desc = tty and stderr cannot both be true',
    );
  return serveRemoteCommand(
    request,
    options,
    context.clock,
    attachCommand({ stdin: options.stdin, closesInput: spec.stdinOnce === true && !tty }, () =>
      context.cri.attach(id, { stdin: options.stdin }),
    ),
  );
}

/** `/portForward/NAMESPACE/POD`. Throws `AnswerError`. */
export async function portForward(
  context: StreamContext,
  request: HttpRequest,
  path: Omit<ContainerPath, 'container'>,
): Answer {
  const pod = find(context, path);
  if (path.uid !== undefined && path.uid !== pod.metadata.uid)
    throw new AnswerError(404, 'pod not found');
  const sandbox = context.pods
    .runtime(pod.metadata.uid ?? '')
    ?.sandboxes.find(({ state }) => state === 'SANDBOX_READY');
  if (sandbox === undefined)
    throw new AnswerError(
      500,
      `pod not found (${JSON.stringify(`${path.pod}_${path.namespace}`)})`,
    );
  return servePortForward(request, {
    sandboxId: sandbox.id,
    clock: context.clock,
    connect: (port) => context.cri.portForward(sandbox.id, port),
  });
}

function find({ pods }: StreamContext, { namespace, pod }: Omit<ContainerPath, 'container'>): Pod {
  const found = pods.byName(namespace, pod);
  if (found === undefined) throw new AnswerError(404, 'pod does not exist');
  return found;
}

function running(
  { pods }: StreamContext,
  { metadata }: Pod,
  container: string,
): RuntimeContainer | undefined {
  return pods
    .runtime(metadata.uid ?? '')
    ?.containers.find(({ name, state }) => name === container && state === 'CONTAINER_RUNNING');
}

function streamOptions(query: URLSearchParams): StreamOptions {
  const [stdin, stdout, error, tty] = ['input', 'output', 'error', 'tty'].map(
    (name) => query.get(name) === '1',
  ) as [boolean, boolean, boolean, boolean];
  const stderr = error && !tty;
  if (!stdin && !stdout && !stderr)
    throw new AnswerError(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return { stdin, stdout, stderr, tty };
}
