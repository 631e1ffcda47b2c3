import type { Disposable } from '../../base/disposable.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import type { List } from '../client.ts';
import type { Stored } from '../resource.ts';
import type { WatchEvent } from '../watch-events.ts';
import { keyOf, ObjectStore } from './object-store.ts';
import type { Mirror } from './reflector.ts';

/** Told of changes one after the other, when the store has them. */
export interface InformerHandler<T extends KubernetesObject> {
  /** @param initial it was there before the handler, or is part of the first list */
  onAdd?(object: Stored<T>, initial: boolean): void;
  onUpdate?(old: Stored<T>, object: Stored<T>): void;
  /** The last version known: the very last may have been missed. */
  onDelete?(object: Stored<T>): void;
}

/** The objects of one kind as the API server has them, a moment later, and what changes. */
export class Informer<T extends KubernetesObject> implements Mirror<T> {
  readonly store = new ObjectStore<T>();
  /** Resolves when everything that was there at the beginning is in the store. */
  readonly synced: Promise<void>;
  readonly #handlers = new Set<InformerHandler<T>>();
  readonly #onError: (error: unknown) => void;
  readonly #transform: (object: Stored<T>) => Stored<T>;
  readonly #waiting: { readonly resourceVersion: number; readonly call: () => void }[] = [];
  #resourceVersion = 0;
  #hasSynced = false;
  #resolveSynced = (): void => {};

  /**
   * @param transform makes objects smaller before they are kept
   * @param onError told what a handler threw; the others go on
   */
  constructor(transform: (object: Stored<T>) => Stored<T>, onError: (error: unknown) => void) {
    this.#transform = transform;
    this.#onError = onError;
    this.synced = new Promise((resolve) => (this.#resolveSynced = resolve));
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Whether the store shows everything up to this version, such as what the API server answered to a write. */
  shows(resourceVersion: string): boolean {
    return this.#resourceVersion >= Number(resourceVersion);
  }

  /** Calls once when the store shows this version: later, if at all. */
  whenShows(resourceVersion: string, call: () => void): void {
    this.#waiting.push({ resourceVersion: Number(resourceVersion), call });
  }

  /** The handler is told of what is there at once, then of each change until it is disposed. */
  addHandler(handler: InformerHandler<T>): Disposable {
    for (const object of this.store.list()) this.#guard(() => handler.onAdd?.(object, true));
    this.#handlers.add(handler);
    return { dispose: () => void this.#handlers.delete(handler) };
  }

  replace(list: List<T>): void {
    const initial = !this.#hasSynced;
    const gone = new Set(this.store.keys);
    for (const item of list.items) {
      gone.delete(keyOf(item.metadata));
      this.#set(item, initial);
    }
    for (const key of gone) this.#delete(key);
    this.#hasSynced = true;
    this.#resolveSynced();
    this.#reach(list.metadata.resourceVersion);
  }

  apply({ type, object }: WatchEvent<T>): void {
    if (type === 'DELETED') this.#delete(keyOf(object.metadata), object);
    else if (type !== 'BOOKMARK') this.#set(object, false);
    this.#reach(object.metadata.resourceVersion);
  }

  #reach(reached: string | undefined): void {
    const resourceVersion = Number(reached ?? 0);
    // Data was restored: what was waited for may never come.
    const isBack = resourceVersion < this.#resourceVersion;
    this.#resourceVersion = resourceVersion;
    for (const waiting of this.#waiting.splice(0)) {
      if (isBack || waiting.resourceVersion <= resourceVersion) this.#guard(waiting.call);
      else this.#waiting.push(waiting);
    }
  }

  #set(received: Stored<T>, initial: boolean): void {
    const { uid, resourceVersion } = received.metadata;
    const known = this.store.get(received.metadata);
    if (known?.metadata.uid === uid && known.metadata.resourceVersion === resourceVersion) return;
    // Another object under the same name: the first one's end was missed.
    if (known !== undefined && known.metadata.uid !== uid) this.#delete(keyOf(known.metadata));
    const object = this.#transform(received);
    const old = this.store.set(object);
    this.#tell((handler) =>
      old === undefined ? handler.onAdd?.(object, initial) : handler.onUpdate?.(old, object),
    );
  }

  /** @param last the version that was deleted, when it is known */
  #delete(key: string, last?: Stored<T>): void {
    const old = this.store.delete(key);
    if (old === undefined) return;
    const object = last === undefined ? old : this.#transform(last);
    this.#tell((handler) => handler.onDelete?.(object));
  }

  #tell(call: (handler: InformerHandler<T>) => void): void {
    for (const handler of this.#handlers) this.#guard(() => call(handler));
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#onError(error);
    }
  }
}
