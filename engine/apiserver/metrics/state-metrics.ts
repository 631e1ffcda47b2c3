/** Metrics that are looked up when somebody wants to know: the server's state, etcd's size. */
import type { Etcd } from '../../api/etcd.ts';
import { isAvailable, type ApiService } from '../aggregation/api-service.ts';
import type { Lister } from '../registry/lister.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import { isStored, type StoredResource } from '../registry/served-resource.ts';
import { type Metric, Reading, type Readings } from '../../base/metric.ts';

export interface StateOptions {
  readonly etcd: Etcd;
  readonly registry: ResourceRegistry;
  readonly apiServices: Lister;
  /** UNIX milliseconds at which the server began */
  readonly startedAt: number;
  /** labels of `kubernetes_build_info` */
  readonly version: Readonly<Record<string, string>>;
}

/** One for each resource, however many versions it is served in. */
function stored(registry: ResourceRegistry): readonly StoredResource[] {
  const byPrefix = new Map<string, StoredResource>();
  for (const resource of registry.all)
    if (isStored(resource) && !byPrefix.has(resource.prefix))
      byPrefix.set(resource.prefix, resource);
  return [...byPrefix.values()].toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
}

const idOf = ({ definition: { group, plural } }: StoredResource): string => `${group}/${plural}`;

export function stateMetrics(options: StateOptions): readonly Metric[] {
  const { etcd, registry, apiServices, startedAt, version } = options;
  const perResource = (read: (resource: StoredResource) => number) => (): Readings =>
    stored(registry).map((resource) => {
      const { group, plural } = resource.definition;
      return [[group, plural], read(resource)];
    });
  const labels = ['group', 'resource'];
  return [
    new Reading(
      'apiserver_resource_objects',
      '[ALPHA] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      labels,
      perResource(({ cache }) => cache.size),
    ),
    new Reading(
      'apiserver_watch_cache_resource_version',
      '[ALPHA] Current resource version of watch cache broken by resource type. This is truncated to the 15 least significant digits.',
      labels,
      perResource(({ cache }) => cache.revision),
    ),
    new Reading(
      'apiserver_storage_size_bytes',
      '[STABLE] Size of the storage database file physically allocated in bytes.',
      ['storage_cluster_id'],
      async () => [[['etcd-0'], (await etcd.status()).dbSize]],
    ),
    new Reading(
      'aggregator_unavailable_apiservice',
      '[ALPHA] Gauge of APIServices which are marked as unavailable broken down by APIService name.',
      ['name'],
      () =>
        (apiServices.list() as readonly ApiService[]).map((service) => [
          [service.metadata.name ?? ''],
          isAvailable(service) ? 0 : 1,
        ]),
    ),
    new Reading(
      'kubernetes_build_info',
      "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
      Object.keys(version),
      () => [[Object.values(version), 1]],
    ),
    new Reading(
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      [],
      () => [[[], startedAt / 1000]],
    ),
  ];
}
