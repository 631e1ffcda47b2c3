import type { Clock } from '../../base/clock.ts';
import type { AdmissionStep } from '../admission/admission.ts';
import type { HttpResponse } from '../../api/http-message.ts';
import type { Accountant, Exchange, SentEvent } from '../request/exchange.ts';
import type { RequestInfo } from '../request/request-info.ts';
import { Count, Histogram, type Metric, printMetrics } from '../../base/metric.ts';

/** Upper ends of buckets, as upstream has them: seconds and bytes. */
const SECONDS = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
  60,
];
const ADMISSION_SECONDS = [0.005, 0.025, 0.1, 0.5, 1, 2.5];
const SIZES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const EVENT_SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

const VERBS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  deletecollection: 'DELETECOLLECTION',
};
const CONNECTS = new Set(['exec', 'attach', 'portforward', 'proxy']);
/** Other paths that are told apart; all others share one name, so that nobody can fill the memory with names. */
const PATHS = /^\/(?:healthz|livez|readyz|metrics|version|openapi\/v[23]|api|apis)$/;
const APPLY = 'application/apply-patch+yaml';

/** What a request is, for labels. */
interface Described {
  readonly component: string;
  readonly dryRun: string;
  readonly group: string;
  readonly resource: string;
  readonly scope: string;
  readonly subresource: string;
  readonly verb: string;
  readonly version: string;
}

const nothing = {
  component: '',
  group: '',
  resource: '',
  scope: '',
  subresource: '',
  version: '',
};

function verbOf({ request }: Exchange, { verb, subresource }: RequestInfo): string {
  if (CONNECTS.has(subresource)) return 'CONNECT';
  const isApply = verb === 'patch' && (request.headers.get('content-type') ?? '').startsWith(APPLY);
  return isApply ? 'APPLY' : (VERBS[verb] ?? verb.toUpperCase());
}

function describe(exchange: Exchange, isServed: (info: RequestInfo) => boolean): Described {
  const { info, request } = exchange;
  const dryRun = /[?&]dryRun=All(?:&|$)/.test(request.url) ? 'All' : '';
  if (info?.isResourceRequest !== true) {
    const path = info?.path ?? '';
    const subresource = PATHS.test(path) ? path : '';
    const verb = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method)
      ? request.method
      : 'other';
    return { ...nothing, dryRun, subresource, verb };
  }
  if (!isServed(info)) return { ...nothing, component: 'apiserver', dryRun, verb: 'other' };
  const { name, namespace, verb } = info;
  const isOne = name !== '' || verb === 'create';
  return {
    component: 'apiserver',
    dryRun,
    group: info.apiGroup,
    resource: info.resource,
    scope: isOne ? 'resource' : namespace === '' ? 'cluster' : 'namespace',
    subresource: info.subresource,
    verb: verbOf(exchange, info),
    version: info.apiVersion,
  };
}

const isMutating = ({ verb }: Described): boolean =>
  !['GET', 'LIST', 'WATCH', 'HEAD'].includes(verb);

/**
 * `/metrics`, under upstream's names and labels as far as the server knows such a thing.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
export class ServerMetrics implements Accountant {
  readonly #clock: Clock;
  readonly #isServed: (info: RequestInfo) => boolean;
  readonly #metrics: Metric[] = [];
  readonly #requests = this.#add(
    new Count(
      'counter',
      'apiserver_request_total',
      '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      [
        'code',
        'component',
        'dry_run',
        'group',
        'resource',
        'scope',
        'subresource',
        'verb',
        'version',
      ],
    ),
  );
  readonly #durations = this.#add(
    new Histogram(
      'apiserver_request_duration_seconds',
      '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
      ['component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'],
      SECONDS,
    ),
  );
  readonly #sizes = this.#add(
    new Histogram(
      'apiserver_response_sizes',
      '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.',
      ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'],
      SIZES,
    ),
  );
  readonly #longRunning = this.#add(
    new Count(
      'gauge',
      'apiserver_longrunning_requests',
      '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
      ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'],
    ),
  );
  readonly #inFlight = this.#add(
    new Count(
      'gauge',
      'apiserver_current_inflight_requests',
      '[STABLE] Number of requests that are being answered, by kind of request.',
      ['request_kind'],
    ),
  );
  readonly #events = this.#add(
    new Count(
      'counter',
      'apiserver_watch_events_total',
      '[BETA] Number of events sent in watch clients',
      ['group', 'resource', 'version'],
    ),
  );
  readonly #eventSizes = this.#add(
    new Histogram(
      'apiserver_watch_events_sizes',
      '[BETA] Watch event size distribution in bytes',
      ['group', 'resource', 'version'],
      EVENT_SIZES,
    ),
  );
  readonly #authenticated = this.#add(
    new Count('counter', 'authentication_attempts', '[ALPHA] Counter of authenticated attempts.', [
      'result',
    ]),
  );
  readonly #authorized = this.#add(
    new Count(
      'counter',
      'authorization_attempts_total',
      "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
      ['result'],
    ),
  );
  readonly #admission = this.#add(
    new Histogram(
      'apiserver_admission_controller_admission_duration_seconds',
      '[STABLE] Admission controller latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
      ['name', 'operation', 'rejected', 'type'],
      ADMISSION_SECONDS,
    ),
  );

  /** @param isServed whether there is such a resource: names that a client makes up are counted as one */
  constructor(clock: Clock, isServed: (info: RequestInfo) => boolean) {
    this.#clock = clock;
    this.#isServed = isServed;
    for (const kind of ['mutating', 'readOnly']) this.#inFlight.add([kind], 0);
  }

  /** Adds what others know. */
  register(...metrics: readonly Metric[]): void {
    this.#metrics.push(...metrics);
  }

  /** All of them, in the text format of Prometheus. */
  async response(): Promise<HttpResponse> {
    const headers = new Headers({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores',
    });
    const text = await printMetrics(this.#metrics);
    return { status: 200, headers, body: new TextEncoder().encode(text) };
  }

  received(exchange: Exchange): void {
    this.#authenticated.add([exchange.user === undefined ? 'failure' : 'success']);
    this.#inFlight.add([isMutating(describe(exchange, this.#isServed)) ? 'mutating' : 'readOnly']);
  }

  authorized(allowed: boolean): void {
    this.#authorized.add([allowed ? 'allowed' : 'no-opinion']);
  }

  admitted({ plugin, operation, type, rejected, duration }: AdmissionStep): void {
    this.#admission.observe([plugin, operation, String(rejected), type], duration / 1000);
  }

  started(exchange: Exchange): void {
    this.#longRunning.add(labelsOf(describe(exchange, this.#isServed)));
  }

  events({ info }: Exchange): (event: SentEvent) => void {
    const labels = [info?.apiGroup ?? '', info?.resource ?? '', info?.apiVersion ?? ''];
    const count = this.#events.of(labels);
    const sizes = this.#eventSizes.of(labels);
    return ({ size }) => {
      count(1);
      sizes(size);
    };
  }

  completed(exchange: Exchange): void {
    const described = describe(exchange, this.#isServed);
    const { response, begunAt, size } = exchange;
    const labels = labelsOf(described);
    const [component = '', ...rest] = labels;
    const code = String(response?.status ?? 0);
    const seconds = (this.#clock.monotonic() - begunAt) / 1000;
    this.#requests.add([code, component, described.dryRun, ...rest]);
    this.#durations.observe([component, described.dryRun, ...rest], seconds);
    this.#sizes.observe(labels, size);
    const lasted =
      response !== undefined && ('takeOver' in response || response.body instanceof ReadableStream);
    if (lasted) this.#longRunning.add(labels, -1);
    if (exchange.info !== undefined)
      this.#inFlight.add([isMutating(described) ? 'mutating' : 'readOnly'], -1);
  }

  #add<M extends Metric>(metric: M): M {
    this.#metrics.push(metric);
    return metric;
  }
}

function labelsOf(described: Described): readonly string[] {
  const { component, group, resource, scope, subresource, verb, version } = described;
  return [component, group, resource, scope, subresource, verb, version];
}
