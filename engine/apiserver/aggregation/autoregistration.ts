import type { Disposable } from '../../base/disposable.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import type { Loopback } from '../bootstrap/loopback.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import { API_SERVICES, apiServiceName, localPriority, type ApiService } from './api-service.ts';

/** Says that an APIService is the server's own: made at its start, or kept as long as what it is for. */
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
const OWN_GROUP = 'apiregistration.k8s.io';

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

function serviceFor({ group, version }: GroupVersion, managed: 'onstart' | 'true'): ApiObject {
  const priority = localPriority(group, version);
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: { name: apiServiceName(group, version), labels: { [MANAGED]: managed } },
    spec: {
      group,
      version,
      groupPriorityMinimum: priority.group,
      versionPriority: priority.version,
    },
  };
}

/** Registers what this server serves itself: built-in groups at its start, custom ones as they come and go. */
export class Autoregistration implements Disposable {
  readonly #registry: ResourceRegistry;
  readonly #services: Lister;
  readonly #loopback: Loopback;
  readonly #onError: (error: unknown) => void;
  #subscription: Disposable | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(
    registry: ResourceRegistry,
    services: Lister,
    loopback: Loopback,
    onError: (error: unknown) => void,
  ) {
    this.#registry = registry;
    this.#services = services;
    this.#loopback = loopback;
    this.#onError = onError;
  }

  async start(): Promise<void> {
    const builtIn = this.#served(false).filter(({ group }) => group !== OWN_GROUP);
    await Promise.all(
      builtIn.map((served) => this.#loopback.ensure(API_SERVICES, serviceFor(served, 'onstart'))),
    );
    this.#subscription = this.#registry.onChange(() => this.#follow());
    this.#follow();
    await this.#working;
  }

  dispose(): void {
    this.#subscription?.dispose();
  }

  #served(custom: boolean): readonly GroupVersion[] {
    return this.#registry.groups.flatMap(({ name, versions }) =>
      versions
        .filter(({ resources }) => resources.some((resource) => resource.custom) === custom)
        .map(({ version }) => ({ group: name, version })),
    );
  }

  /** One change after the other: each sees what the one before it did. */
  #follow(): void {
    this.#working = this.#working.then(() => this.#adjust()).catch(this.#onError);
  }

  async #adjust(): Promise<void> {
    const served = this.#served(true);
    const names = new Set(served.map(({ group, version }) => apiServiceName(group, version)));
    for (const each of served) await this.#loopback.ensure(API_SERVICES, serviceFor(each, 'true'));
    for (const { metadata } of this.#services.list() as readonly ApiService[]) {
      const { name = '', labels } = metadata;
      if (labels?.[MANAGED] === 'true' && !names.has(name)) await this.#remove(name);
    }
  }

  async #remove(name: string): Promise<void> {
    try {
      await this.#loopback.request('DELETE', `${API_SERVICES}/${name}`);
    } catch (error) {
      if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
    }
  }
}
