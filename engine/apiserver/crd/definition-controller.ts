import { sleep } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { OpenApi } from '../../objects/openapi/open-api.ts';
import { StatusError } from '../../objects/status/status-error.ts';
import type { Loopback } from '../bootstrap/loopback.ts';
import { Lister } from '../registry/lister.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import type { StoredResource } from '../registry/served-resource.ts';
import { withApproval } from './approval.ts';
import type { Converter } from './conversion.ts';
import {
  makeCustomResources,
  type CustomOptions,
  type ServedDefinition,
} from './custom-resources.ts';
import { CLEANUP_FINALIZER, isTrue, withCondition, type Definition } from './definition.ts';
import { cleanUp } from './instance-removal.ts';
import { withNames } from './naming.ts';

/** Milliseconds before a definition is looked at again when that failed. */
const RETRY_MS = 1000;
const PATH = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface ControllerOptions extends CustomOptions {
  readonly registry: ResourceRegistry;
  readonly openApi: OpenApi;
  /** the resource whose objects are definitions */
  readonly definitions: StoredResource;
  readonly loopback: Loopback;
  readonly converterFor: (definition: Definition) => Converter;
}

interface Served extends ServedDefinition {
  /** what of the definition decided how it is served */
  readonly basis: unknown;
  readonly terminating: boolean;
}

/**
 * Serves what CustomResourceDefinitions describe and tells in their status how far it is: names,
 * established, approved, terminating (the controllers of k8s.io/apiextensions-apiserver).
 */
export class DefinitionController implements Disposable {
  readonly #options: ControllerOptions;
  readonly #definitions: Lister;
  readonly #seen = new Map<string, string>();
  readonly #served = new Map<string, Served>();
  readonly #cleaning = new Set<string>();
  readonly #queue = new Set<string>();
  readonly #stop = new AbortController();
  #working: Promise<void> | undefined;
  #subscription: Disposable | undefined;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#definitions = new Lister(options.definitions);
  }

  /** Resolves when what etcd holds is served. */
  async start(): Promise<void> {
    const { cache } = this.#options.definitions;
    await cache.ready();
    this.#subscription = cache.onChange(() => this.#look());
    this.#look();
    await this.#working;
  }

  dispose(): void {
    this.#stop.abort(new Error('The server was stopped.'));
    this.#subscription?.dispose();
    for (const { resources } of this.#served.values()) release(resources);
  }

  /** Finds out which definitions are not what they were. */
  #look(): void {
    const gone = new Set(this.#seen.keys());
    for (const { metadata } of this.#definitions.list()) {
      const { name = '', resourceVersion = '' } = metadata;
      gone.delete(name);
      if (this.#seen.get(name) === resourceVersion) continue;
      this.#seen.set(name, resourceVersion);
      this.#queue.add(name);
    }
    for (const name of gone) {
      this.#seen.delete(name);
      this.#queue.add(name);
    }
    if (this.#queue.size > 0) this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    for (const name of this.#queue) {
      this.#queue.delete(name);
      if (this.#stop.signal.aborted) break;
      try {
        await this.#sync(name);
      } catch (error) {
        this.#again(name, error);
      }
    }
    this.#working = undefined;
  }

  #again(name: string, error: unknown): void {
    // A change by somebody else brings us here again anyway.
    if (error instanceof StatusError && ['Conflict', 'NotFound'].includes(error.reason)) return;
    this.#options.onError(error);
    void sleep(this.#options.clock, RETRY_MS, this.#stop.signal).then(
      () => {
        this.#queue.add(name);
        this.#working ??= this.#work();
      },
      () => {},
    );
  }

  async #sync(name: string): Promise<void> {
    const definition = this.#definitions.get('', name) as Definition | undefined;
    if (definition === undefined) {
      this.#serve(name, undefined);
      // The names are free for others.
      const group = name.slice(name.indexOf('.') + 1);
      for (const other of this.#group(group)) this.#queue.add(other.metadata.name ?? '');
      return;
    }
    const now = this.#options.clock.now();
    const named = withApproval(
      withNames(
        definition,
        this.#group(definition.spec.group).filter(({ metadata }) => metadata.name !== name),
        now,
      ),
      now,
    );
    const current = await this.#save(definition, named);
    if (isTrue(current, 'NamesAccepted') || isTrue(current, 'Established'))
      await this.#serveAs(name, current);
    else this.#serve(name, undefined);
    const { deletionTimestamp, finalizers = [] } = current.metadata;
    if (deletionTimestamp !== undefined) {
      if (finalizers.includes(CLEANUP_FINALIZER)) this.#clean(name, current);
    } else if (isTrue(current, 'NamesAccepted') && !isTrue(current, 'Established'))
      await this.#save(current, withCondition(current, ESTABLISHED, this.#options.clock.now()));
  }

  #group(group: string): readonly Definition[] {
    return this.#definitions
      .list()
      .map((object) => object as Definition)
      .filter(({ spec }) => spec.group === group);
  }

  async #save(before: Definition, next: Definition): Promise<Definition> {
    if (jsonEqual(before, next)) return before;
    const path = `${PATH}/${next.metadata.name ?? ''}/status`;
    return (await this.#options.loopback.request('PUT', path, next)) as Definition;
  }

  async #serveAs(name: string, definition: Definition): Promise<void> {
    const { spec, status, metadata } = definition;
    const basis = { spec, names: status?.acceptedNames, uid: metadata.uid };
    const terminating =
      metadata.deletionTimestamp !== undefined || isTrue(definition, 'Terminating');
    const served = this.#served.get(name);
    if (served !== undefined && jsonEqual(served.basis, basis)) {
      if (served.terminating !== terminating) this.#serve(name, { ...served, terminating });
      return;
    }
    const { converterFor } = this.#options;
    const made = await makeCustomResources(definition, converterFor(definition), this.#options);
    this.#serve(name, { ...made, basis, terminating });
  }

  #serve(name: string, next: Served | undefined): void {
    const { registry, openApi } = this.#options;
    const before = this.#served.get(name);
    if (before === next) return;
    if (next === undefined) this.#served.delete(name);
    else this.#served.set(name, next);
    const resources = (next?.resources ?? []).map((resource) =>
      next?.terminating === true ? { ...resource, terminating: true } : resource,
    );
    registry.setCustom(name, resources);
    openApi.setCustomResources([...this.#served.values()].flatMap(({ described }) => described));
    if (before !== undefined && before.resources !== next?.resources) release(before.resources);
  }

  #clean(name: string, definition: Definition): void {
    const id = definition.metadata.uid ?? name;
    if (this.#cleaning.has(id)) return;
    this.#cleaning.add(id);
    const { clock, loopback } = this.#options;
    const [resource] = this.#served.get(name)?.resources ?? [];
    cleanUp({
      definition,
      resource,
      clock,
      signal: this.#stop.signal,
      request: (method, path, body) => loopback.request(method, path, body),
      save: (before, next) => this.#save(before, next),
    })
      .catch((error: unknown) => this.#again(name, error))
      .finally(() => this.#cleaning.delete(id));
  }
}

const ESTABLISHED = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
} as const;

function release(resources: readonly StoredResource[]): void {
  for (const { cache } of resources) cache.dispose();
}
