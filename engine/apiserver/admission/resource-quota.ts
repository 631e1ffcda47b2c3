import type { Clock } from '../../base/clock.ts';
import type { Pod, ResourceQuota as Quota } from '../../objects/generated/core-v1.generated.ts';
import { Quantity } from '../../objects/quantity.ts';
import { changesScope, hasScopes, quotaMatchesPod } from '../../objects/quota/scopes.ts';
import { isCountedBy, missingRequests, quotaUsage } from '../../objects/quota/usage.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import { keyOf, served, type StoredResource } from '../registry/served-resource.ts';
import type { ObjectStorage } from '../store/object-storage.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { refuseRequest } from './attributes.ts';

type Amounts = ReadonlyMap<string, Quantity>;

/** What no quota counts: it says nothing about the cluster's load. */
const IGNORED = new Set([
  '/events',
  'events.k8s.io/events',
  '/bindings',
  'authorization.k8s.io/localsubjectaccessreviews',
]);

function read(list: Readonly<Record<string, string>> | undefined): Map<string, Quantity> {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, Quantity.parse(text)]));
}

function print(amounts: Amounts): string {
  return [...amounts]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, quantity]) => `${name}=${quantity.toString()}`)
    .join(',');
}

function only(amounts: Amounts, names: readonly string[]): Amounts {
  return new Map([...amounts].filter(([name]) => names.includes(name)));
}

/** More than before, never less: what shrinks is given back by the controller. */
function growth(usage: Amounts, before: Amounts): Amounts {
  return new Map(
    [...usage].flatMap(([name, quantity]) => {
      const more = quantity.subtract(before.get(name) ?? Quantity.of(0));
      return more.sign() > 0 ? [[name, more] as const] : [];
    }),
  );
}

/** Charges what is created to the quotas of its namespace, and refuses what does not fit. */
export class ResourceQuota implements AdmissionPlugin {
  readonly name = 'ResourceQuota';
  readonly #quotas: StoredResource;
  readonly #lister: Lister<Quota>;
  readonly #storage: ObjectStorage;
  readonly #clock: Clock;

  constructor(storage: ObjectStorage, quotas: StoredResource, lister: Lister<Quota>, clock: Clock) {
    this.#storage = storage;
    this.#quotas = quotas;
    this.#lister = lister;
    this.#clock = clock;
  }

  async validate(attributes: Attributes): Promise<void> {
    const { namespace, object, resource } = attributes;
    const { definition } = resource;
    if (namespace === '' || object === undefined || definition.kind === 'Namespace') return;
    if (IGNORED.has(`${definition.group}/${definition.plural}`)) return;
    if (!this.#handles(attributes)) return;
    const quotas = this.#lister.list(namespace);
    for (const quota of quotas) {
      const charge = this.#charge(attributes, quota, object);
      if (charge !== undefined && charge.size > 0)
        await this.#book(attributes, quota.metadata.name ?? '', charge);
    }
  }

  #handles({ operation, subresource, resource, object, old }: Attributes): boolean {
    const { group, plural } = resource.definition;
    if (group === '' && plural === 'pods') {
      if (subresource === 'resize') return operation === 'UPDATE';
      if (subresource !== '') return false;
      return (
        operation === 'CREATE' ||
        (operation === 'UPDATE' && changesScope(object as unknown as Pod, old as unknown as Pod))
      );
    }
    if (subresource !== '') return false;
    const updates = group === '' && ['services', 'persistentvolumeclaims'].includes(plural);
    return operation === 'CREATE' || (updates && operation === 'UPDATE');
  }

  /** What the object adds to a quota; undefined when the quota is not about it. */
  #charge(attributes: Attributes, quota: Quota, object: ApiObject): Amounts | undefined {
    const { definition } = attributes.resource;
    const isPod = definition.group === '' && definition.plural === 'pods';
    const pod = object as unknown as Pod;
    if (isPod ? !quotaMatchesPod(quota, pod) : hasScopes(quota)) return undefined;
    const hard = Object.keys(quota.status?.hard ?? {}).filter((name) =>
      isCountedBy(name, definition),
    );
    if (hard.length === 0) return undefined;
    const name = quota.metadata.name ?? '';
    if (isPod) {
      const missing = missingRequests(pod.spec, hard);
      if (missing.size > 0) {
        const listed = [...missing]
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
          .map(([resource, containers]) => `${resource} for: ${containers.toSorted().join(',')}`);
        throw refuseRequest(attributes, `failed quota: ${name}: must specify ${listed.join('; ')}`);
      }
    }
    const unknown = hard.filter((resource) => quota.status?.used?.[resource] === undefined);
    if (unknown.length > 0)
      throw refuseRequest(
        attributes,
        `status unknown for quota: ${name}, resources: ${hard.toSorted().join(',')}`,
      );
    const now = this.#clock.now();
    const usage = quotaUsage(definition, object, now);
    const { old } = attributes;
    const counted = old !== undefined && (!isPod || quotaMatchesPod(quota, old as unknown as Pod));
    const before = counted ? quotaUsage(definition, old, now) : new Map<string, Quantity>();
    return only(growth(usage, before), hard);
  }

  /** Adds a charge to what is used, with the quota as it is at that moment. */
  async #book(attributes: Attributes, name: string, charge: Amounts): Promise<void> {
    const next = (object: ApiObject): ApiObject => {
      const quota = object as unknown as Quota;
      const used = read(quota.status?.used);
      const hard = read(quota.status?.hard);
      const exceeded: string[] = [];
      for (const [resource, more] of charge) {
        const sum = used.get(resource)?.add(more) ?? more;
        const limit = hard.get(resource);
        if (limit !== undefined && sum.compare(limit) > 0) exceeded.push(resource);
        used.set(resource, sum);
      }
      if (exceeded.length > 0)
        throw refuseRequest(
          attributes,
          `exceeded quota: ${name}, requested: ${print(only(charge, exceeded))}, used: ${print(only(read(quota.status?.used), exceeded))}, limited: ${print(only(hard, exceeded))}`,
        );
      const printed = Object.fromEntries(
        [...used].map(([resource, quantity]) => [resource, quantity.toString()]),
      );
      return { ...object, status: { ...(object['status'] as object), used: printed } };
    };
    const key = keyOf(this.#quotas, attributes.namespace, name);
    const stored = await this.#storage.get(key);
    if (stored === undefined) return;
    if (attributes.dryRun) next(served(this.#quotas, stored));
    else
      await this.#storage.update(key, (current) =>
        Promise.resolve(next(served(this.#quotas, current ?? stored))),
      );
  }
}
