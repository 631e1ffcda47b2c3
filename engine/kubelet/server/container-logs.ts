import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import { messageOf } from '../../base/message-of.ts';
import type { ContainerStatus, Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import { readContainerLog } from '../logs/container-log.ts';
import { LogQueryError, parseLogQuery, type LogQuery } from '../logs/log-query.ts';
import type { KubeletContext } from '../contracts.ts';
import { parseContainerId } from '../status/container-id.ts';
import { allContainers } from './pod-containers.ts';
import { AnswerError } from './responses.ts';

type LogContext = Pick<KubeletContext, 'agent' | 'clock' | 'cri' | 'pods'>;

/** `GET /containerLogs/NAMESPACE/POD/CONTAINER`. Throws `AnswerError`. */
export async function containerLogs(
  { agent, clock, cri, pods }: LogContext,
  { url, signal }: HttpRequest,
  [namespace, name, container]: readonly [string, string, string],
): Promise<HttpResponse> {
  const query = queryOf(new URL(url).searchParams);
  const pod = pods.byName(namespace, name);
  if (pod === undefined) throw new AnswerError(404, `pod ${JSON.stringify(name)} does not exist`);
  if (!allContainers(pod).some((one) => one.name === container))
    throw new AnswerError(
      404,
      `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`,
    );
  const status = pods.status(pod.metadata.uid ?? '') ?? pod.status;
  const id = loggedContainer(pod, status, container, query.previous);
  const containerId = parseContainerId(id);
  const { logPath: path } = await cri.containerStatus(containerId).catch(() => {
    throw new AnswerError(400, `unable to retrieve container logs for ${id}`);
  });
  const now = clock.now();
  const log = readContainerLog({ agent, cri, containerId, path, now }, query, signal);
  return {
    status: 200,
    headers: new Headers({ 'content-type': 'text/plain; charset=utf-8' }),
    body: bodyOf(log),
  };
}

function queryOf(parameters: URLSearchParams): LogQuery {
  try {
    return parseLogQuery(parameters);
  } catch (error) {
    if (!(error instanceof LogQueryError)) throw error;
    throw new AnswerError(error.code === 'INVALID' ? 422 : 400, error.message);
  }
}

/** The answer has begun when something is amiss with the file, so that is said in its body, as upstream does. */
function bodyOf(log: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await log.next();
          if (done !== true) return controller.enqueue(value);
        } catch (error) {
          controller.enqueue(new TextEncoder().encode(messageOf(error)));
        }
        controller.close();
      },
      cancel: () => void log.return(undefined).catch(() => {}),
    },
    { highWaterMark: 0 },
  );
}

/** The id, with its runtime's name, of the container whose log is meant (`validateContainerLogStatus`). Throws `AnswerError`. */
function loggedContainer(
  { metadata }: Pod,
  status: PodStatus | undefined,
  name: string,
  previous: boolean,
): string {
  const said = `container ${JSON.stringify(name)} in pod ${JSON.stringify(metadata.name)}`;
  const fail = (message: string) => new AnswerError(400, message);
  const found = statusOf(status, name);
  if (found === undefined) throw fail(`${said} is not available`);
  const { waiting, running, terminated } = found.state ?? {};
  const last = found.lastState?.terminated?.containerID ?? '';
  if (previous) {
    if (last === '') throw fail(`previous terminated ${said} not found`);
    return last;
  }
  if (running !== undefined) return found.containerID ?? '';
  if (terminated !== undefined) {
    // The next one may have failed before there was a container.
    const id = terminated.containerID ?? '';
    if (id === '' && last === '') throw fail(`${said} is terminated`);
    return id === '' ? last : id;
  }
  if (found.lastState?.terminated !== undefined) {
    if (last === '') throw fail(`${said} is terminated`);
    return last;
  }
  if (waiting === undefined) throw fail(`${said} is waiting to start - no logs yet`);
  const reasons: Readonly<Record<string, string>> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  };
  const reason = waiting.reason ?? '';
  throw fail(`${said} is waiting to start: ${reasons[reason] ?? reason}`);
}

function statusOf(status: PodStatus | undefined, name: string): ContainerStatus | undefined {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    (one) => one.name === name,
  );
}
