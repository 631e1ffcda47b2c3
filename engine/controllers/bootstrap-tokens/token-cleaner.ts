import { keyOf, type ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Secret } from '../../objects/generated/core-v1.generated.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';
import { isBootstrapToken, timeLeft } from './bootstrap-token.ts';

/** Deletes tokens with which nodes join when their time is over (upstream's `tokencleaner`). */
export class TokenCleaner implements Controller {
  readonly #context: ControllerContext;
  readonly #secrets: ObjectStore<Secret>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const secrets = informers.of(resources.secrets);
    this.#secrets = secrets.store;
    const add = (secret: Stored<Secret>): void => {
      if (isBootstrapToken(secret)) this.#queue.add(keyOf(secret.metadata));
    };
    secrets.addHandler({ onAdd: add, onUpdate: (_old, secret) => add(secret) });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, 1, signal, (key) => this.#sync(key));
  }

  async #sync(key: string): Promise<void> {
    const { client, clock } = this.#context;
    const secret = this.#secrets.getByKey(key);
    if (secret === undefined || !isBootstrapToken(secret)) return;
    const left = timeLeft(secret, clock.now());
    if (left === undefined) return;
    if (left > 0) {
      this.#queue.addAfter(key, left);
      return;
    }
    const { uid } = secret.metadata;
    try {
      await client.delete(resources.secrets, secret.metadata, { preconditions: { uid } });
    } catch (error) {
      if (reasonOf(error) !== 'Conflict' && reasonOf(error) !== 'NotFound') throw error;
    }
  }
}
