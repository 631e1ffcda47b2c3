import { messageOf } from '../../base/message-of.ts';
import type { Etcd } from '../../api/etcd.ts';
import type { HttpResponse } from '../../api/http-message.ts';
import { within, type Clock } from '../../base/clock.ts';
import { textResponse } from '../request/responses.ts';

/** Steps of the server's start, in their order. */
const PHASES = ['caches', 'definitions', 'bootstrap', 'aggregation'] as const;
export type Phase = (typeof PHASES)[number];

/** What upstream checks for each step, in its order (`poststarthook/…`), as far as there is such a step here. */
const HOOKS: readonly (readonly [string, Phase])[] = [
  ['start-apiserver-admission-initializer', 'caches'],
  ['generic-apiserver-start-informers', 'caches'],
  ['start-apiextensions-informers', 'definitions'],
  ['start-apiextensions-controllers', 'definitions'],
  ['crd-informer-synced', 'definitions'],
  ['start-system-namespaces-controller', 'bootstrap'],
  ['start-cluster-authentication-info-controller', 'bootstrap'],
  ['storage-readiness', 'caches'],
  ['rbac/bootstrap-roles', 'bootstrap'],
  ['scheduling/bootstrap-system-priority-classes', 'bootstrap'],
  ['bootstrap-controller', 'bootstrap'],
  ['start-kubernetes-service-cidr-controller', 'bootstrap'],
  ['start-kube-aggregator-informers', 'aggregation'],
  ['apiservice-status-local-available-controller', 'aggregation'],
  ['apiservice-status-remote-available-controller', 'aggregation'],
  ['apiservice-registration-controller', 'aggregation'],
  ['apiservice-discovery-controller', 'aggregation'],
  ['kube-apiserver-autoregistration', 'aggregation'],
];

/** Milliseconds for etcd to answer (kube-apiserver `--etcd-healthcheck-timeout`). */
const ETCD_TIMEOUT_MS = 2000;

/** One thing that must be well; rejects when it is not. */
type Check = () => Promise<unknown> | void;

const NOT_FOUND = '404 page not found\n';

/**
 * `/healthz`, `/livez` and `/readyz`, whole or one check, with `verbose` and `exclude`.
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 */
export class Health {
  readonly #done = new Set<Phase>();
  readonly #endpoints: Readonly<Record<string, ReadonlyMap<string, Check>>>;
  #stopping = false;

  constructor(etcd: Etcd, clock: Clock) {
    const well: Check = () => {};
    const reachable: Check = () =>
      within(clock, ETCD_TIMEOUT_MS, etcd.range({ key: '/registry/health' }));
    const after =
      (phase: Phase): Check =>
      () => {
        if (!this.#done.has(phase)) throw new Error('not finished');
      };
    const first: [string, Check][] = [
      ['ping', well],
      ['log', well],
      ['etcd', reachable],
    ];
    const hooks: [string, Check][] = [
      ...HOOKS.map(([name, phase]): [string, Check] => [`poststarthook/${name}`, after(phase)]),
      ['autoregister-completion', after('aggregation')],
      ['poststarthook/apiservice-openapi-controller', after('aggregation')],
      ['poststarthook/apiservice-openapiv3-controller', after('aggregation')],
    ];
    const alive = new Map([...first, ...hooks]);
    const running: Check = () => {
      if (this.#stopping) throw new Error('process is shutting down');
    };
    this.#endpoints = {
      healthz: alive,
      livez: alive,
      readyz: new Map([
        ...first,
        ['etcd-readiness', reachable],
        ['informer-sync', after('caches')],
        ...hooks,
        ['shutdown', running],
      ]),
    };
  }

  /** Says that a step of the start has been taken. */
  finish(phase: Phase): void {
    this.#done.add(phase);
  }

  /** Says that the server ends: it is not ready any more, and still alive. */
  stop(): void {
    this.#stopping = true;
  }

  /** `/readyz`, `/readyz/ping`, … */
  get paths(): readonly string[] {
    return Object.entries(this.#endpoints).flatMap(([endpoint, checks]) => [
      `/${endpoint}`,
      ...[...checks.keys()].map((name) => `/${endpoint}/${name}`),
    ]);
  }

  /** Undefined for paths of others. */
  handle(path: string, query: URLSearchParams): Promise<HttpResponse> | undefined {
    const [, endpoint = '', ...rest] = path.split('/');
    const checks = Object.hasOwn(this.#endpoints, endpoint) ? this.#endpoints[endpoint] : undefined;
    if (checks === undefined) return undefined;
    const name = rest.join('/');
    if (name === '') return whole(endpoint, checks, query);
    const check = checks.get(name);
    return check === undefined ? Promise.resolve(textResponse(404, NOT_FOUND)) : single(check);
  }
}

async function single(check: Check): Promise<HttpResponse> {
  try {
    await check();
    return textResponse(200, 'ok');
  } catch (error) {
    const why = messageOf(error);
    return textResponse(500, `internal server error: ${why}\n`);
  }
}

async function whole(
  endpoint: string,
  checks: ReadonlyMap<string, Check>,
  query: URLSearchParams,
): Promise<HttpResponse> {
  const excluded = query.getAll('exclude');
  const lines: string[] = [];
  let failed = false;
  for (const [name, check] of checks) {
    if (excluded.includes(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    try {
      await check();
      lines.push(`[+]${name} ok`);
    } catch {
      failed = true;
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  const unknown = excluded.filter((name) => !checks.has(name));
  if (unknown.length > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(',')}`,
    );
  if (failed) return textResponse(500, `${lines.join('\n')}\n${endpoint} check failed\n`);
  return query.has('verbose')
    ? textResponse(200, `${lines.join('\n')}\n${endpoint} check passed\n`)
    : textResponse(200, 'ok');
}
