/** The HTTP API of a kubelet, as on its port 10250 (pkg/kubelet/server). Who may ask is decided before it. */
import { messageOf } from '../../base/message-of.ts';
import type { HttpRequest, HttpResponse } from '../../api/http-message.ts';
import type { HttpHandler, TakenOver } from '../../http/index.ts';
import type { KubeletContext } from '../contracts.ts';
import { configz } from './configz.ts';
import { containerLogs } from './container-logs.ts';
import { attach, exec, portForward, type ContainerPath } from './container-streams.ts';
import { nodeLogs } from './node-logs.ts';
import { podList, runningPods } from './pods.ts';
import { AnswerError, json, notFound, text } from './responses.ts';

type Answer = HttpResponse | TakenOver;

export interface KubeletServerOptions {
  readonly context: KubeletContext;
  /** texts of the `/metrics` paths by what follows: `` (empty), `/resource`, `/cadvisor`, `/probes` */
  readonly metrics: ReadonlyMap<string, () => Promise<string>>;
  /** `/stats/summary` */
  readonly summary: (onlyCpuAndMemory: boolean) => Promise<unknown>;
}

export function kubeletServer(options: KubeletServerOptions): HttpHandler {
  return async (request) => {
    try {
      return await route(options, request);
    } catch (error) {
      if (error instanceof AnswerError) return text(error.status, error.message);
      options.context.onError(error);
      return text(500, messageOf(error));
    }
  };
}

async function route(options: KubeletServerOptions, request: HttpRequest): Promise<Answer> {
  const { context } = options;
  const { pathname } = new URL(request.url, 'https://kubelet');
  const [first = '', ...rest] = pathname.slice(1).split('/').map(decodeURIComponent);
  const isRead = request.method === 'GET';
  switch (first) {
    case 'exec':
    case 'attach': {
      const path = containerPath(rest);
      if (path === undefined || (!isRead && request.method !== 'POST')) return notFound();
      return first === 'exec' ? exec(context, request, path) : attach(context, request, path);
    }
    case 'portForward': {
      const [namespace = '', pod = '', uid] = rest;
      if (rest.length < 2 || rest.length > 3) return notFound();
      const path = { namespace, pod, ...(uid === undefined ? {} : { uid }) };
      return portForward(context, request, path);
    }
  }
  const read = reader(options, request, first, rest);
  if (read === undefined) return notFound();
  return isRead ? read() : text(405, 'Method Not Allowed', { allow: 'GET' });
}

/** What answers a path that can only be read. */
function reader(
  { context, metrics, summary }: KubeletServerOptions,
  request: HttpRequest,
  first: string,
  rest: readonly string[],
): (() => Promise<HttpResponse>) | undefined {
  const below = rest.map((part) => `/${part}`).join('');
  switch (first) {
    case 'containerLogs': {
      const [namespace, pod, container] = rest;
      return namespace === undefined || pod === undefined || container === undefined
        ? undefined
        : () => containerLogs(context, request, [namespace, pod, container]);
    }
    case 'logs':
      return () => nodeLogs(context.agent, below);
    case 'pods':
      return async () => json(podList(context.pods.list()));
    case 'runningpods':
      return async () => json(podList(runningPods(context.pods.running())));
    case 'healthz':
      return ['', '/', '/ping', '/log', '/syncloop'].includes(below)
        ? async () => text(200, 'ok')
        : undefined;
    case 'configz':
      return async () => json(configz(context.configuration));
    case 'stats': {
      const onlyCpuAndMemory =
        new URL(request.url, 'https://kubelet').searchParams.get('only_cpu_and_memory') === 'true';
      return below === '/summary' ? async () => json(await summary(onlyCpuAndMemory)) : undefined;
    }
    case 'metrics': {
      const print = metrics.get(below);
      return print && (async () => text(200, await print(), METRICS_TYPE));
    }
    default:
      return undefined;
  }
}

const METRICS_TYPE = {
  'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
};

/** `NAMESPACE/POD/CONTAINER`, or with the Pod's uid before the container. */
function containerPath(parts: readonly string[]): ContainerPath | undefined {
  const [namespace = '', pod = '', third = '', fourth] = parts;
  if (parts.length === 3) return { namespace, pod, container: third };
  if (parts.length === 4 && fourth !== undefined)
    return { namespace, pod, uid: third, container: fourth };
  return undefined;
}
