import type { DiscoveredResource } from '../../client/discovery.ts';
import type { EventRecorder } from '../../client/events/event-recorder.ts';
import type { InformerHandler } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import { metadataOf } from '../../client/resource.ts';
import type { OwnerReference } from '../../objects/generated/meta-v1.generated.ts';
import { formatApiVersion, type KubernetesObject } from '../../objects/kubernetes-object.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { ResourceMonitors } from '../monitors/resource-monitors.ts';
import { workOn } from '../work-loop.ts';
import {
  DependencyGraph,
  FOREGROUND_FINALIZER,
  isDeletedWith,
  ORPHAN_FINALIZER,
} from './dependency-graph.ts';
import { identityOf, type GraphNode, type Identity } from './graph-node.ts';
import {
  NamespacedOwnerError,
  ObjectAccess,
  UnknownKindError,
  type LiveObject,
} from './object-access.ts';

/** `--concurrent-gc-syncs` */
const WORKERS = 20;
const VERBS = ['delete', 'list', 'watch'];

/** An informer has not seen it yet: it stays in the queue, and nobody needs to know. */
class NotObservedError extends Error {}

/** What is found out about the owners of an object. */
interface Owners {
  /** there, and not waiting for their dependents to go */
  readonly solid: readonly OwnerReference[];
  readonly dangling: readonly OwnerReference[];
  /** being deleted in the foreground */
  readonly waiting: readonly OwnerReference[];
}

/** Events come and go by themselves. */
function isCollected({ group, plural, verbs }: DiscoveredResource): boolean {
  const isEvent = plural === 'events' && (group === '' || group === 'events.k8s.io');
  return !isEvent && VERBS.every((verb) => verbs.includes(verb));
}

/**
 * Deletes objects whose owners are gone, and lets owners wait for their dependents or free them
 * (upstream's `garbagecollector`). The graph only says where to look: before anything is deleted the
 * API server is asked about it and about its owners.
 */
export class GarbageCollector implements Controller {
  readonly #graph: DependencyGraph;
  readonly #monitors: ResourceMonitors;
  readonly #objects: ObjectAccess;
  readonly #recorder: EventRecorder;
  /** UIDs */
  readonly #deletions: WorkQueue;
  readonly #orphanings: WorkQueue;

  constructor(context: ControllerContext) {
    const { client, clock, informers, onError } = context;
    this.#recorder = context.recorder('garbage-collector-controller');
    this.#deletions = new WorkQueue({
      clock,
      onError: (error) => {
        if (!(error instanceof NotObservedError || error instanceof UnknownKindError))
          onError(error);
      },
    });
    this.#orphanings = new WorkQueue({ clock, onError });
    this.#graph = new DependencyGraph({
      attemptToDelete: (uid) => this.#deletions.add(uid),
      attemptToDeleteLater: (uid) => this.#deletions.addRateLimited(uid),
      attemptToOrphan: (uid) => this.#orphanings.add(uid),
      invalidNamespace: (dependent, owner) => this.#reportNamespace(dependent, owner),
    });
    this.#monitors = new ResourceMonitors({
      client,
      informers,
      clock,
      onError,
      watchAs: (resource) => (isCollected(resource) ? metadataOf(resource) : undefined),
      handlerOf: (resource) => this.#handlerOf(resource),
    });
    this.#objects = new ObjectAccess(client, (apiVersion, kind) =>
      this.#monitors.resourceOf(apiVersion, kind),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    let ended: Promise<unknown> = Promise.resolve();
    await this.#monitors.run(signal, () => {
      ended = Promise.all([
        workOn(this.#deletions, WORKERS, signal, (uid) => this.#attemptToDelete(uid)),
        workOn(this.#orphanings, WORKERS, signal, (uid) => this.#orphan(uid)),
      ]);
    });
    await ended;
  }

  #handlerOf(resource: DiscoveredResource): InformerHandler<KubernetesObject> {
    const kind = { apiVersion: formatApiVersion(resource), kind: resource.kind };
    return {
      onAdd: (object) => this.#graph.observe(kind, object),
      onUpdate: (old, object) => this.#graph.observe(kind, object, old),
      onDelete: (object) => this.#graph.forget(kind, object),
    };
  }

  #reportNamespace(dependent: Identity, owner: Identity): void {
    const { apiVersion, kind, namespace, name, uid } = dependent;
    const object = {
      apiVersion,
      kind,
      metadata: { name, uid, ...(namespace === '' ? {} : { namespace }) },
    };
    const named = `[${owner.apiVersion}/${owner.kind}, namespace: ${owner.namespace}, name: ${owner.name}, uid: ${owner.uid}]`;
    this.#recorder.event(
      object,
      'Warning',
      'OwnerRefInvalidNamespace',
      `ownerRef ${named} does not exist in namespace ${JSON.stringify(namespace)}`,
    );
  }

  async #attemptToDelete(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined || (node.beingDeleted && !node.deletingDependents)) return;
    const { observed } = node;
    try {
      await this.#process(node);
    } catch (error) {
      if (error instanceof NamespacedOwnerError) return;
      throw error;
    }
    // One that came and went while a watch was broken would stay in the graph for ever.
    if (!observed && this.#graph.get(uid) === node && !node.observed) throw new NotObservedError();
  }

  async #process(node: GraphNode): Promise<void> {
    const { identity } = node;
    const live = await this.#objects.get(identity);
    if (live?.metadata.uid !== identity.uid) {
      this.#graph.forgetAbsent(identity);
      return;
    }
    if (node.deletingDependents) {
      await this.#letGo(node);
      return;
    }
    const references = live.metadata.ownerReferences ?? [];
    if (references.length === 0) return;
    const owners = await this.#classify(node, references);
    if (!(await this.#collect(node, live, owners))) this.#graph.forgetAbsent(identity);
  }

  /** An owner that is being deleted in the foreground goes when nothing blocks it. */
  async #letGo(node: GraphNode): Promise<void> {
    const { blockingDependents, identity } = node;
    if (blockingDependents.length === 0)
      await this.#objects.removeFinalizer(identity, FOREGROUND_FINALIZER);
    for (const dependent of blockingDependents)
      if (!dependent.deletingDependents) this.#deletions.add(dependent.identity.uid);
  }

  /** False: the object is gone. */
  async #collect(node: GraphNode, live: LiveObject, owners: Owners): Promise<boolean> {
    const { identity } = node;
    const { solid, dangling, waiting } = owners;
    if (solid.length > 0) {
      const useless = [...dangling, ...waiting].map(({ uid }) => uid);
      return useless.length === 0 || this.#objects.removeOwners(node, useless);
    }
    if (waiting.length > 0 && node.dependents.size > 0) {
      // Two that wait for each other would wait for ever.
      const circular = [...node.dependents].some(({ deletingDependents }) => deletingDependents);
      if (circular && !(await this.#objects.unblockOwners(node))) return false;
      // Unblocking has changed it.
      const current = circular ? await this.#objects.get(identity) : live;
      return current !== undefined && this.#objects.delete(identity, current, 'Foreground');
    }
    const finalizers = live.metadata.finalizers ?? [];
    const policy = finalizers.includes(ORPHAN_FINALIZER)
      ? 'Orphan'
      : finalizers.includes(FOREGROUND_FINALIZER)
        ? 'Foreground'
        : 'Background';
    return this.#objects.delete(identity, live, policy);
  }

  async #classify(node: GraphNode, references: readonly OwnerReference[]): Promise<Owners> {
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const reference of references) {
      const owner = await this.#ownerOf(node, reference);
      if (owner === undefined) dangling.push(reference);
      else if (isDeletedWith(owner, FOREGROUND_FINALIZER)) waiting.push(reference);
      else solid.push(reference);
    }
    return { solid, dangling, waiting };
  }

  /** Undefined when there is none. */
  async #ownerOf(node: GraphNode, reference: OwnerReference): Promise<LiveObject | undefined> {
    const { namespace } = node.identity;
    const isAbsent = (within: string): boolean =>
      this.#graph.isAbsent(identityOf(reference, within));
    if (isAbsent('') || isAbsent(namespace)) return undefined;
    const namespaced = this.#objects.isNamespaced(reference);
    if (namespaced && namespace === '') throw new NamespacedOwnerError();
    const identity = identityOf(reference, namespaced ? namespace : '');
    const owner = await this.#objects.get(identity);
    if (owner?.metadata.uid === reference.uid) return owner;
    this.#graph.addAbsent(identity);
    return undefined;
  }

  async #orphan(uid: string): Promise<void> {
    const node = this.#graph.get(uid);
    if (node === undefined) return;
    await Promise.all(
      [...node.dependents].map((dependent) => this.#objects.removeOwners(dependent, [uid])),
    );
    await this.#objects.removeFinalizer(node.identity, ORPHAN_FINALIZER);
  }
}
