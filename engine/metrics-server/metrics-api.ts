import type { UserInfo } from '../api/user-info.ts';
import { encodedResponse, textResponse } from '../apiserver/request/responses.ts';
import { goDuration } from '../base/go-duration.ts';
import type { Clock } from '../base/clock.ts';
import type { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import type { HttpRequest, HttpResponse } from '../http/index.ts';
import type { Pod } from '../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../objects/generated/meta-v1.generated.ts';
import {
  forbidden,
  methodNotAllowed,
  noSuchPath,
  notFound,
  toStatus,
} from '../objects/status/status-error.ts';
import { formatTime } from '../objects/time.ts';
import type { Usage, UsageStore } from './usage-store.ts';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const GROUP_VERSION = `${GROUP}/${VERSION}`;

const groupVersion = { groupVersion: GROUP_VERSION, version: VERSION };
const group = { name: GROUP, versions: [groupVersion], preferredVersion: groupVersion };

/** What is served without asking what was measured. */
const DISCOVERY: Readonly<Record<string, object>> = {
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] },
  [`/apis/${GROUP}`]: { kind: 'APIGroup', apiVersion: 'v1', ...group },
  [`/apis/${GROUP_VERSION}`]: {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: GROUP_VERSION,
    resources: [
      {
        name: 'nodes',
        singularName: '',
        namespaced: false,
        kind: 'NodeMetrics',
        verbs: ['get', 'list'],
      },
      {
        name: 'pods',
        singularName: '',
        namespaced: true,
        kind: 'PodMetrics',
        verbs: ['get', 'list'],
      },
    ],
  },
};

const HEALTH = new Set(['/readyz', '/livez', '/healthz']);

interface Wanted {
  readonly resource: 'nodes' | 'pods';
  /** of Pods; all when absent */
  readonly namespace?: string;
  /** of one */
  readonly name?: string;
}

const PATH = new RegExp(
  `^/apis/${GROUP_VERSION}/(?:(nodes)|(?:namespaces/([^/]+)/)?(pods))(?:/([^/]+))?$`,
);

function wantedBy(path: string): Wanted {
  const [, nodes, namespace, pods, name] = PATH.exec(path) ?? [];
  const resource = nodes ?? pods;
  const isPlace = resource !== 'pods' || name === undefined || namespace !== undefined;
  if ((resource !== 'nodes' && resource !== 'pods') || !isPlace) throw noSuchPath();
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
  };
}

export interface MetricsApiOptions {
  readonly client: Client;
  readonly store: UsageStore;
  readonly clock: Clock;
}

/** metrics.k8s.io/v1beta1 over what was measured last (metrics-server's `pkg/api`). */
export class MetricsApi {
  readonly #options: MetricsApiOptions;

  constructor(options: MetricsApiOptions) {
    this.#options = options;
  }

  /** @param user who asks; undefined for somebody whom nobody vouches for */
  async handle(request: HttpRequest, user: UserInfo | undefined): Promise<HttpResponse> {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (HEALTH.has(pathname)) return textResponse(200, 'ok');
    const format = { encoding: 'json' as const, pretty: false };
    try {
      const known = DISCOVERY[pathname.replace(/(.)\/$/, '$1')];
      if (known !== undefined) return encodedResponse(200, known, format);
      const wanted = wantedBy(pathname);
      if (request.method !== 'GET') throw methodNotAllowed();
      await this.#authorize(user, wanted);
      return encodedResponse(200, await this.#answer(wanted, searchParams), format);
    } catch (error) {
      const status = toStatus(error);
      return encodedResponse(status.code ?? 500, status, format);
    }
  }

  /** Asks the API server, as every server behind it does. */
  async #authorize(user: UserInfo | undefined, { resource, namespace, name }: Wanted) {
    const verb = name === undefined ? 'list' : 'get';
    const {
      username = 'system:anonymous',
      groups = ['system:unauthenticated'],
      extra,
    } = user ?? {};
    const { status } = await this.#options.client.create(resources.subjectAccessReviews, {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: { name: '' },
      spec: {
        user: username,
        groups: [...groups],
        ...(extra === undefined ? {} : { extra }),
        resourceAttributes: {
          group: GROUP,
          version: VERSION,
          resource,
          verb,
          ...(namespace === undefined ? {} : { namespace }),
          ...(name === undefined ? {} : { name }),
        },
      },
    });
    if (status?.allowed === true) return;
    const where =
      resource === 'nodes' || namespace === undefined
        ? 'at the cluster scope'
        : `in the namespace "${namespace}"`;
    throw forbidden(
      { group: GROUP, name: resource },
      name ?? '',
      `User "${username}" cannot ${verb} resource "${resource}" in API group "${GROUP}" ${where}`,
    );
  }

  async #answer(wanted: Wanted, query: URLSearchParams): Promise<object> {
    const { resource, namespace, name } = wanted;
    const isNodes = resource === 'nodes';
    const options = {
      ...(namespace === undefined ? {} : { namespace }),
      ...selector('labelSelector', query),
      ...selector('fieldSelector', query),
      ...(name === undefined ? {} : { fieldSelector: `metadata.name=${name}` }),
    };
    const items = isNodes ? await this.#nodes(options) : await this.#pods(options);
    if (name === undefined)
      return {
        kind: isNodes ? 'NodeMetricsList' : 'PodMetricsList',
        apiVersion: GROUP_VERSION,
        metadata: {},
        items,
      };
    const [item] = items;
    if (item === undefined)
      throw isNodes
        ? notFound({ group: GROUP, name: 'nodemetrics' }, name)
        : notFound({ group: GROUP, name: 'podmetrics' }, `${namespace ?? ''}/${name}`);
    return { kind: isNodes ? 'NodeMetrics' : 'PodMetrics', apiVersion: GROUP_VERSION, ...item };
  }

  async #nodes(options: object): Promise<object[]> {
    const { client, store } = this.#options;
    const { items } = await client.list(resources.nodes, options);
    return items.flatMap(({ metadata }) => {
      const usage = store.node(metadata.name);
      return usage === undefined
        ? []
        : [{ ...this.#described(metadata, [usage]), usage: usage.usage }];
    });
  }

  async #pods(options: object): Promise<object[]> {
    const { client, store } = this.#options;
    const { items } = await client.list(resources.pods, options);
    return items.filter(isRunning).flatMap(({ metadata }) => {
      const usages = store.pod(metadata.namespace ?? '', metadata.name);
      if (usages === undefined || usages.size === 0) return [];
      return [
        {
          ...this.#described(metadata, [...usages.values()]),
          containers: [...usages].map(([name, { usage }]) => ({ name, usage })),
        },
      ];
    });
  }

  /** What is said of when: of several containers, of the one that was looked at first. */
  #described({ name, namespace, labels }: ObjectMeta, usages: readonly Usage[]) {
    const { time, window } = usages.reduce((one, other) => (other.time < one.time ? other : one));
    return {
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        creationTimestamp: formatTime(this.#options.clock.now()),
        ...(labels === undefined ? {} : { labels }),
      },
      timestamp: formatTime(time),
      window: goDuration(window),
    };
  }
}

const isRunning = ({ status }: Pod): boolean => status?.phase === 'Running';

function selector(name: 'labelSelector' | 'fieldSelector', query: URLSearchParams) {
  const text = query.get(name);
  return text === null || text === '' ? {} : { [name]: text };
}
