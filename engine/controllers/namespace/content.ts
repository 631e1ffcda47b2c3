import { messageOf } from '../../base/message-of.ts';
import type { Client } from '../../client/client.ts';
import { discover, discoveryFailure, type DiscoveredResource } from '../../client/discovery.ts';
import { metadataOf } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ContentReport } from './conditions.ts';

/** Seconds that whoever has put a finalizer on an object is given at first. */
const FINALIZER_SECONDS = 15;

/** What is left of a namespace, and how long to wait until it is looked at again. */
export interface ContentOutcome extends ContentReport {
  /** seconds; 0 when there is nothing to wait for */
  readonly estimate: number;
}

/** What is left of one resource. */
interface Leftover {
  /** seconds */
  readonly estimate: number;
  readonly count: number;
  readonly finalizers: readonly string[];
  readonly failure?: string;
}

const NOTHING: Leftover = { estimate: 0, count: 0, finalizers: [] };

/** `pods.` or `deployments.apps`, as conditions name resources */
const conditionName = ({ group, plural }: DiscoveredResource): string => `${plural}.${group}`;
const isPods = ({ group, plural }: DiscoveredResource): boolean =>
  group === '' && plural === 'pods';

/** A resource of an old definition may be served no more, or without this verb. */
const isUnserved = (error: unknown): boolean =>
  ['NotFound', 'MethodNotAllowed'].includes(reasonOf(error) ?? '');

/** Deletes everything in a namespace (upstream's `namespaced_resources_deleter`). */
export class NamespaceContent {
  readonly #client: Client;
  readonly #now: () => number;

  /** @param now UNIX milliseconds */
  constructor(client: Client, now: () => number) {
    this.#client = client;
    this.#now = now;
  }

  /**
   * Deletes Pods, and when none is left all other resources that can be deleted. What goes wrong with
   * one does not keep the others. @param deletedAt of the namespace, UNIX milliseconds
   */
  async delete(namespace: string, deletedAt: number): Promise<ContentOutcome> {
    const discovery = await discover(this.#client);
    const deletable = discovery.resources.filter(
      ({ preferred, namespaced, verbs }) => preferred && namespaced && verbs.includes('delete'),
    );
    const { failed } = discovery;
    const failure =
      failed.length === 0
        ? undefined
        : `Discovery failed for some groups, ${failed.length} failing: ${discoveryFailure(failed)}`;
    const failures: string[] = [];
    const remaining = new Map<string, number>();
    const finalizers = new Map<string, number>();
    let estimate = 0;
    const take = (resource: DiscoveredResource, left: Leftover): void => {
      if (left.failure !== undefined) failures.push(left.failure);
      estimate = Math.max(estimate, left.estimate);
      if (left.count > 0) remaining.set(conditionName(resource), left.count);
      for (const name of left.finalizers) finalizers.set(name, (finalizers.get(name) ?? 0) + 1);
    };
    for (const pods of deletable.filter(isPods)) {
      const left = await this.#deleteAll(pods, namespace, deletedAt);
      take(pods, left);
      // Upstream's conditions tell of what remains only once Pods are gone.
      if (left.count > 0)
        return { discoveryFailure: failure, failures, estimate, ...nothingLeft() };
    }
    for (const resource of deletable.filter((each) => !isPods(each)))
      take(resource, await this.#deleteAll(resource, namespace, deletedAt));
    return { discoveryFailure: failure, failures, remaining, finalizers, estimate };
  }

  async #deleteAll(
    resource: DiscoveredResource,
    namespace: string,
    deletedAt: number,
  ): Promise<Leftover> {
    let estimate = 0;
    try {
      if (isPods(resource)) estimate = await this.#graceOfPods(namespace, deletedAt);
      if (!(await this.#deleteCollection(resource, namespace)))
        await this.#deleteEach(resource, namespace);
      const left = await this.#list(resource, namespace);
      if (left.length === 0) return NOTHING;
      const count = left.length;
      const finalizers = left.flatMap(({ metadata }) => metadata.finalizers ?? []);
      if (estimate > 0) return { estimate, count, finalizers };
      if (finalizers.length > 0) return { estimate: FINALIZER_SECONDS, count, finalizers };
      const { group, version, plural } = resource;
      const failure = `unexpected items still remain in namespace: ${namespace} for gvr: ${group}/${version}, Resource=${plural}`;
      return { estimate, count, finalizers, failure };
    } catch (error) {
      return { estimate, count: 0, finalizers: [], failure: messageOf(error) };
    }
  }

  /** False: the server cannot. */
  async #deleteCollection(resource: DiscoveredResource, namespace: string): Promise<boolean> {
    if (!resource.verbs.includes('deletecollection')) return false;
    try {
      const options = { propagationPolicy: 'Background' } as const;
      await this.#client.deleteCollection(resource, { namespace }, options);
      return true;
    } catch (error) {
      if (isUnserved(error)) return false;
      throw error;
    }
  }

  async #deleteEach(resource: DiscoveredResource, namespace: string): Promise<void> {
    for (const { metadata } of await this.#list(resource, namespace)) {
      try {
        await this.#client.delete(resource, metadata, { propagationPolicy: 'Background' });
      } catch (error) {
        if (!isUnserved(error)) throw error;
      }
    }
  }

  async #list(resource: DiscoveredResource, namespace: string) {
    if (!resource.verbs.includes('list')) return [];
    try {
      return (await this.#client.list(metadataOf(resource), { namespace })).items;
    } catch (error) {
      if (isUnserved(error)) return [];
      throw error;
    }
  }

  /** Seconds that Pods may take to end, unless that time is over. */
  async #graceOfPods(namespace: string, deletedAt: number): Promise<number> {
    const { items } = await this.#client.list(resources.pods, { namespace });
    const grace = items
      .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
      .map(({ spec }) => spec.terminationGracePeriodSeconds ?? 0);
    const most = Math.max(0, ...grace);
    return this.#now() - deletedAt >= most * 1000 ? 0 : most;
  }
}

function nothingLeft(): Pick<ContentReport, 'remaining' | 'finalizers'> {
  return { remaining: new Map(), finalizers: new Map() };
}
