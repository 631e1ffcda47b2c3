import { parseGoDuration } from '../../base/go-duration.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import type { Resource } from '../../client/resource.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { CrossVersionObjectReference } from '../../objects/generated/autoscaling-v2.generated.ts';
import { parseApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';
import { Quantity } from '../../objects/quantity.ts';
import { formatLabelSelector, type LabelSelector } from '../../objects/selectors/label-selector.ts';
import type { PodMetric, PodMetrics } from './pod-metrics.ts';
import type { ResourceNames } from './resource-names.ts';

/** metrics.k8s.io/v1beta1 `PodMetrics`. */
interface ResourceMetrics extends KubernetesObject {
  readonly timestamp: string;
  /** a Go duration: `30s` */
  readonly window: string;
  readonly containers?: readonly {
    readonly name: string;
    readonly usage: Readonly<Record<string, string>>;
  }[];
}

/** custom.metrics.k8s.io `MetricValue`, of which versions have different names for the window. */
interface CustomMetric {
  readonly describedObject: { readonly name: string };
  readonly timestamp: string;
  readonly windowSeconds?: number;
  readonly window?: number;
  readonly value: string;
}

const podMetrics: Resource<ResourceMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  plural: 'pods',
  kind: 'PodMetrics',
  namespaced: true,
};
const CUSTOM = 'custom.metrics.k8s.io';
const EXTERNAL = 'external.metrics.k8s.io';
/** Those of the custom metrics API that are understood, the best first. */
const CUSTOM_VERSIONS = ['v1beta2', 'v1beta1'];
/** Milliseconds: what a metric is taken to be measured over when it does not say. */
const WINDOW_MS = 60_000;

/** Reads metrics from the metrics APIs, which other servers answer behind the API server. */
export class MetricsClient {
  readonly #client: Client;
  readonly #names: ResourceNames;

  constructor(client: Client, names: ResourceNames) {
    this.#client = client;
    this.#names = names;
  }

  /** Of the Pods that the selector matches: of one container, or of all. Those without it are missing. */
  async resource(
    resource: string,
    namespace: string,
    labelSelector: string,
    container = '',
  ): Promise<PodMetrics> {
    const { items } = await this.#from('resource', () =>
      told('get pods.metrics.k8s.io', this.#client.list(podMetrics, { namespace, labelSelector })),
    );
    refuseNone('resource', items);
    const metrics = new Map<string, PodMetric>();
    for (const { metadata, timestamp, window, containers = [] } of items) {
      const measured = containers.filter(({ name }) => container === '' || name === container);
      const usages = measured.map(({ usage }) => usage[resource]);
      if (usages.length === 0) continue;
      let value = 0;
      for (const usage of usages) value += usage === undefined ? Number.NaN : milli(usage);
      if (Number.isNaN(value)) continue;
      metrics.set(metadata.name, {
        value,
        at: Date.parse(timestamp),
        window: parseGoDuration(window),
      });
    }
    return metrics;
  }

  /** A custom metric of the Pods that the selector matches. */
  async pods(
    metric: string,
    namespace: string,
    labelSelector: string,
    metricSelector: LabelSelector,
  ): Promise<PodMetrics> {
    const items = await this.#custom(`namespaces/${namespace}/pods/*/${metric}`, {
      labelSelector,
      metricLabelSelector: formatLabelSelector(metricSelector),
    });
    refuseNone('custom', items);
    return new Map(
      items.map(({ describedObject, value, timestamp, windowSeconds, window }) => {
        const seconds = windowSeconds ?? window;
        const measured = {
          value: milli(value),
          at: Date.parse(timestamp),
          window: seconds === undefined ? WINDOW_MS : seconds * 1000,
        };
        return [describedObject.name, measured];
      }),
    );
  }

  /** A custom metric of one object, in thousandths. */
  async object(
    metric: string,
    namespace: string,
    { apiVersion = '', kind, name }: CrossVersionObjectReference,
    metricSelector: LabelSelector,
  ): Promise<number> {
    const query = { metricLabelSelector: formatLabelSelector(metricSelector) };
    const { group } = parseApiVersion(apiVersion);
    // Of its own namespace, whatever it is called.
    const isNamespace = kind === 'Namespace' && group === '';
    const items = await this.#custom(
      isNamespace
        ? async () => `namespaces/${namespace}/metrics/${metric}`
        : async () => {
            const { plural } = await this.#names.of(group, kind);
            const resource = group === '' ? plural : `${plural}.${group}`;
            return `namespaces/${namespace}/${resource}/${name}/${metric}`;
          },
      query,
    );
    const [only] = items;
    if (only === undefined || items.length > 1)
      throw new Error(
        `unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`,
      );
    return milli(only.value);
  }

  /** All values of a metric of something outside of the cluster, in thousandths. */
  async external(
    metric: string,
    namespace: string,
    selector: LabelSelector,
  ): Promise<readonly number[]> {
    const path = `/apis/${EXTERNAL}/v1beta1/namespaces/${namespace}/${metric}`;
    const { items = [] } = await this.#from('external', () =>
      told(
        `get ${metric}.${EXTERNAL}`,
        this.#get<{ readonly items?: readonly { readonly value: string }[] }>(path, {
          labelSelector: formatLabelSelector(selector),
        }),
      ),
    );
    refuseNone('external', items);
    return items.map(({ value }) => milli(value));
  }

  async #custom(
    path: string | (() => Promise<string>),
    query: Readonly<Record<string, string>>,
  ): Promise<readonly CustomMetric[]> {
    return this.#from('custom', async () => {
      const version = await this.#customVersion();
      const place = typeof path === 'string' ? path : await path();
      const { items = [] } = await this.#get<{ readonly items?: readonly CustomMetric[] }>(
        `/apis/${CUSTOM}/${version}/${place}`,
        query,
      );
      return items;
    });
  }

  /** The one that the server prefers of those that are understood. */
  async #customVersion(): Promise<string> {
    try {
      const { versions, preferredVersion } = await this.#get<{
        readonly versions: readonly { readonly version: string }[];
        readonly preferredVersion: { readonly version: string };
      }>(`/apis/${CUSTOM}`, {});
      const served = [preferredVersion, ...versions].map(({ version }) => version);
      const version = served.find((each) => CUSTOM_VERSIONS.includes(each));
      if (version === undefined)
        throw new Error(`no known available metric versions found (in ${served.join(', ')})`);
      return version;
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
      throw new Error(`no custom metrics API (${CUSTOM}) registered`, { cause: error });
    }
  }

  async #get<Result>(path: string, query: Readonly<Record<string, string>>): Promise<Result> {
    const given = Object.entries(query).filter(([, value]) => value !== '');
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
    return JSON.parse(await this.#client.getText(path + search)) as Result;
  }

  async #from<Result>(api: string, ask: () => Promise<Result>): Promise<Result> {
    try {
      return await ask();
    } catch (error) {
      const why = `unable to fetch metrics from ${api} metrics API: ${messageOf(error)}`;
      throw new Error(why, { cause: error });
    }
  }
}

/** Says what was asked for where the server only said that it does not have it, as client-go does. */
async function told<Result>(what: string, asked: Promise<Result>): Promise<Result> {
  try {
    return await asked;
  } catch (error) {
    const isBare = messageOf(error) === 'the server could not find the requested resource';
    if (isBare) throw new Error(`${messageOf(error)} (${what})`, { cause: error });
    throw error;
  }
}

function refuseNone(api: string, items: readonly unknown[]): void {
  if (items.length === 0) throw new Error(`no metrics returned from ${api} metrics API`);
}

function milli(text: string): number {
  return Quantity.parse(text).milliValue();
}
