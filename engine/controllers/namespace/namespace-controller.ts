import type { ObjectStore } from '../../client/informer/object-store.ts';
import { ControllerLimiter, ExponentialLimiter } from '../../client/queue/rate-limiter.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Namespace } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';
import { nextConditions, type ContentReport } from './conditions.ts';
import { NamespaceContent } from './content.ts';

/** `--concurrent-namespace-syncs` */
const WORKERS = 10;
/** Milliseconds that API servers have to learn that nothing may be made there any more. */
const GRACE_MS = 5000;
/** Milliseconds: an end that fails is tried again after a minute at the latest. */
const BACKOFF = { base: 5, most: 60_000 };
const FINALIZER = 'kubernetes';

/** Empties namespaces that are deleted, and lets them go (upstream's `namespace`). */
export class NamespaceController implements Controller {
  readonly #context: ControllerContext;
  readonly #content: NamespaceContent;
  readonly #namespaces: ObjectStore<Namespace>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { client, clock, onError, informers } = context;
    this.#content = new NamespaceContent(client, () => clock.now());
    const each = new ExponentialLimiter(BACKOFF.base, BACKOFF.most);
    this.#queue = new WorkQueue({ clock, onError, limiter: new ControllerLimiter(clock, each) });
    const namespaces = informers.of(resources.namespaces);
    this.#namespaces = namespaces.store;
    const add = ({ metadata }: Stored<Namespace>): void => {
      if (metadata.deletionTimestamp !== undefined) this.#queue.addAfter(metadata.name, GRACE_MS);
    };
    namespaces.addHandler({ onAdd: add, onUpdate: (_old, namespace) => add(namespace) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (name) => this.#sync(name));
  }

  async #sync(name: string): Promise<void> {
    if (this.#namespaces.getByKey(name) === undefined) return;
    try {
      await this.#end(name);
    } catch (error) {
      if (reasonOf(error) !== 'NotFound') throw error;
    }
  }

  async #end(name: string): Promise<void> {
    const namespace = await this.#terminating(
      await this.#context.client.get(resources.namespaces, { name }),
    );
    const { deletionTimestamp } = namespace.metadata;
    if (deletionTimestamp === undefined || (namespace.spec.finalizers ?? []).length === 0) return;
    const outcome = await this.#content.delete(name, Date.parse(deletionTimestamp));
    const told = await this.#tell(namespace, outcome);
    const { discoveryFailure, failures, estimate } = outcome;
    const wrong = [...(discoveryFailure === undefined ? [] : [discoveryFailure]), ...failures];
    if (wrong.length > 0) throw new Error(`Namespace ${name} is not empty: ${wrong.join(', ')}`);
    if (estimate > 0) this.#queue.addAfter(name, (Math.floor(estimate / 2) + 1) * 1000);
    else await this.#finalize(told);
  }

  async #terminating(namespace: Stored<Namespace>): Promise<Stored<Namespace>> {
    return this.#change(namespace, 'status', (current) => {
      const { metadata, status } = current;
      return metadata.deletionTimestamp === undefined || status?.phase === 'Terminating'
        ? undefined
        : { ...current, status: { ...status, phase: 'Terminating' } };
    });
  }

  /** Conditions are for people: that they could not be written keeps nothing. */
  async #tell(namespace: Stored<Namespace>, report: ContentReport): Promise<Stored<Namespace>> {
    const { client, clock, onError } = this.#context;
    const { status } = namespace;
    const conditions = nextConditions(status?.conditions ?? [], report, formatTime(clock.now()));
    if (conditions === undefined) return namespace;
    try {
      const next = { ...namespace, status: { ...status, conditions } };
      return await client.update(resources.namespaces, next, { subresource: 'status' });
    } catch (error) {
      onError(error);
      return namespace;
    }
  }

  async #finalize(namespace: Stored<Namespace>): Promise<void> {
    await this.#change(namespace, 'finalize', (current) => {
      const finalizers = (current.spec.finalizers ?? []).filter((name) => name !== FINALIZER);
      return { ...current, spec: { ...current.spec, finalizers } };
    });
  }

  /** Writes what `next` makes of it, again when somebody was faster, as long as it is the same one. */
  async #change(
    namespace: Stored<Namespace>,
    subresource: string,
    next: (current: Stored<Namespace>) => Stored<Namespace> | undefined,
  ): Promise<Stored<Namespace>> {
    const { client } = this.#context;
    const { name, uid } = namespace.metadata;
    for (let current = namespace; ; current = await client.get(resources.namespaces, { name })) {
      if (current.metadata.uid !== uid) throw new Error('namespace uid has changed across retries');
      const wanted = next(current);
      if (wanted === undefined) return current;
      try {
        return await client.update(resources.namespaces, wanted, { subresource });
      } catch (error) {
        if (reasonOf(error) !== 'Conflict') throw error;
      }
    }
  }
}
