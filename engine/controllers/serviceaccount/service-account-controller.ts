import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import { resources } from '../../client/resources.ts';
import { hasCause, reasonOf } from '../../client/response-failure.ts';
import type { Namespace, ServiceAccount } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';

const DEFAULT = 'default';

/** Keeps a service account named `default` in each namespace (upstream's `serviceaccount`). */
export class ServiceAccountController implements Controller {
  readonly #context: ControllerContext;
  readonly #namespaces: ObjectStore<Namespace>;
  readonly #accounts: ObjectStore<ServiceAccount>;
  /** names of namespaces */
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const namespaces = informers.of(resources.namespaces);
    const accounts = informers.of(resources.serviceAccounts);
    this.#namespaces = namespaces.store;
    this.#accounts = accounts.store;
    namespaces.addHandler({
      onAdd: ({ metadata }) => this.#queue.add(metadata.name),
      onUpdate: (_old, { metadata }) => this.#queue.add(metadata.name),
    });
    accounts.addHandler({ onDelete: ({ metadata }) => this.#queue.add(metadata.namespace ?? '') });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, 1, signal, (namespace) => this.#sync(namespace));
  }

  async #sync(namespace: string): Promise<void> {
    if (this.#namespaces.getByKey(namespace)?.status?.phase !== 'Active') return;
    const metadata = { namespace, name: DEFAULT };
    if (this.#accounts.get(metadata) !== undefined) return;
    try {
      await this.#context.client.create(resources.serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata,
      });
    } catch (error) {
      if (reasonOf(error) === 'AlreadyExists' || hasCause(error, 'NamespaceTerminating')) return;
      throw error;
    }
  }
}
