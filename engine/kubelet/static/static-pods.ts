import type { Disposable } from '../../base/disposable.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { KubeletContext } from '../contracts.ts';
import { parseManifest } from './parse-manifest.ts';

export interface StaticPodHandler {
  onSet(pod: Pod): void;
  onDelete(pod: Pod): void;
}

/** Pods of the manifests in a directory of the node, from the time they are there to the time they are not. */
export class StaticPods implements Disposable {
  readonly #context: KubeletContext;
  readonly #handler: StaticPodHandler;
  /** by path */
  readonly #files = new Map<string, { readonly text: string; readonly pod: Pod | undefined }>();
  #timer: Disposable | undefined;
  #close: (() => Promise<void>) | undefined;
  #isDisposed = false;
  #reading: Promise<void> = Promise.resolve();

  constructor(context: KubeletContext, handler: StaticPodHandler) {
    this.#context = context;
    this.#handler = handler;
  }

  /** Resolves when all that are there were told. */
  async start(): Promise<void> {
    const { agent, configuration, onError } = this.#context;
    const path = configuration.staticPodPath;
    if (path === '') return;
    await agent.call('file.mkdir', { path, mode: 0o755 });
    void this.#watch(path).catch(onError);
    await this.#read();
    this.#plan();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#timer?.dispose();
    void this.#close?.();
  }

  #plan(): void {
    const { clock, configuration, onError } = this.#context;
    if (this.#isDisposed) return;
    this.#timer = clock.setTimer(() => {
      this.#read()
        .catch(onError)
        .finally(() => this.#plan());
    }, configuration.fileCheckFrequency);
  }

  async #watch(path: string): Promise<void> {
    const { agent, onError } = this.#context;
    const events = await agent.messages('file.watch', { path });
    this.#close = () => events.close();
    if (this.#isDisposed) await events.close();
    for await (const _event of events) this.#read().catch(onError);
  }

  /** One reading after the other. */
  #read(): Promise<void> {
    const next = this.#reading.then(() => this.#readAll());
    this.#reading = next.catch(() => undefined);
    return next;
  }

  async #readAll(): Promise<void> {
    const { agent, configuration } = this.#context;
    const path = configuration.staticPodPath;
    const { entries } = await agent.call('file.list', { path });
    const gone = new Set(this.#files.keys());
    for (const { name, kind } of entries) {
      if (kind === 'directory' || name.startsWith('.')) continue;
      const file = `${path}/${name}`;
      gone.delete(file);
      await this.#readOne(file);
    }
    for (const file of gone) {
      const pod = this.#files.get(file)?.pod;
      this.#files.delete(file);
      if (pod !== undefined) this.#handler.onDelete(pod);
    }
  }

  async #readOne(path: string): Promise<void> {
    const { agent, nodeName, clock, onError } = this.#context;
    let bytes: Uint8Array;
    try {
      bytes = await agent.readFile(path);
    } catch {
      // It went between the listing and now; the next listing shows it.
      return;
    }
    const text = new TextDecoder().decode(bytes);
    const known = this.#files.get(path);
    if (known?.text === text) return;
    let pod: Pod | undefined;
    try {
      pod = seen(await parseManifest(bytes, path, nodeName), clock.now());
    } catch (error) {
      onError(new Error(`Can't process manifest file "${path}": ${messageOf(error)}`));
    }
    this.#files.set(path, { text, pod });
    if (known?.pod !== undefined && known.pod.metadata.uid !== pod?.metadata.uid)
      this.#handler.onDelete(known.pod);
    if (pod !== undefined) this.#handler.onSet(pod);
  }
}

function seen(pod: Pod, now: number): Pod {
  const annotations = {
    ...pod.metadata.annotations,
    'kubernetes.io/config.seen': formatTime(now),
  };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}
