import type { Disposable } from '../../base/disposable.ts';
import { Emitter } from '../../base/emitter.ts';
import { KeyedLock } from '../../base/keyed-lock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Clock } from '../../base/clock.ts';
import type { ContainerStatus, Cri, CriContainer, PodSandbox } from '../../runtime/cri/types.ts';
import type { NodeAgent, RuntimeContainer, RuntimePod } from '../contracts.ts';
import {
  CONTAINER_NAME_LABEL,
  POD_NAMESPACE_LABEL,
  POD_NAME_LABEL,
  POD_UID_LABEL,
  readContainerRecord,
} from '../labels.ts';
import { logTail } from './log-tail.ts';
import { isNotFound } from './texts.ts';

export interface RuntimePodsOptions {
  readonly cri: Cri;
  readonly agent: NodeAgent;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/**
 * Milliseconds between looks at everything. Events tell of changes at once; this finds what they missed,
 * as upstream's generic PLEG does once a second.
 */
const RELIST_MS = 10_000;
/** Bytes of a termination message (`MaxContainerTerminationMessageLength`), and of what is taken from a log instead. */
const MOST_MESSAGE_BYTES = 4096;
const MOST_LOG_BYTES = 2048;
const MOST_LOG_LINES = 80;

interface Listing {
  readonly sandboxes: readonly PodSandbox[];
  readonly containers: readonly CriContainer[];
}

/** What the runtime has, Pod by Pod, and when it changes (upstream's PLEG with its cache). */
export class RuntimePods implements Disposable {
  readonly #options: RuntimePodsOptions;
  readonly #pods = new Map<string, RuntimePod>();
  readonly #changed = new Emitter<string>();
  /** told the uid of a Pod of which something started or ended */
  readonly changed = this.#changed.event;
  /** what containers said when they ended, which is read once */
  readonly #messages = new Map<string, string>();
  readonly #lock = new KeyedLock();
  #subscription: Disposable | undefined;
  #timer: Disposable | undefined;
  #relisted = 0;

  constructor(options: RuntimePodsOptions) {
    this.#options = options;
  }

  /** Everything is known when it resolves. */
  async start(): Promise<void> {
    this.#subscription = this.#options.cri.containerEvents(({ podUid, podSandboxId }) => {
      const uid = podUid === '' ? this.#uidOf(podSandboxId) : podUid;
      if (uid !== undefined) this.#look(uid);
    });
    await this.relist();
    this.#plan();
  }

  get(uid: string): RuntimePod | undefined {
    return this.#pods.get(uid);
  }

  list(): readonly RuntimePod[] {
    return [...this.#pods.values()];
  }

  /** UNIX milliseconds of the last look at everything; the node is not ready when it is long ago */
  get lastRelist(): number {
    return this.#relisted;
  }

  /** What the runtime has of a Pod now; nothing of one it does not know. */
  async inspect(uid: string): Promise<RuntimePod> {
    return this.#lock.run(uid, async () => {
      const { cri } = this.#options;
      const [sandboxes, containers] = await Promise.all([
        cri.listPodSandbox(),
        cri.listContainers(),
      ]);
      return this.#keep(uid, {
        sandboxes: sandboxes.filter(({ labels }) => labels[POD_UID_LABEL] === uid),
        containers: containers.filter(({ labels }) => labels[POD_UID_LABEL] === uid),
      });
    });
  }

  /** Looks at everything. */
  async relist(): Promise<void> {
    const { cri, clock } = this.#options;
    const [sandboxes, containers] = await Promise.all([cri.listPodSandbox(), cri.listContainers()]);
    const uids = new Set(this.#pods.keys());
    for (const { labels } of [...sandboxes, ...containers]) {
      const uid = labels[POD_UID_LABEL];
      if (uid !== undefined) uids.add(uid);
    }
    for (const uid of uids) {
      const listing = {
        sandboxes: sandboxes.filter(({ labels }) => labels[POD_UID_LABEL] === uid),
        containers: containers.filter(({ labels }) => labels[POD_UID_LABEL] === uid),
      };
      if (!isSame(this.#pods.get(uid), listing)) await this.#refresh(uid);
    }
    this.#relisted = clock.now();
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#timer?.dispose();
    this.#changed.dispose();
  }

  #plan(): void {
    this.#timer = this.#options.clock.setTimer(() => {
      this.relist()
        .catch(this.#options.onError)
        .finally(() => this.#plan());
    }, RELIST_MS);
  }

  #uidOf(sandboxId: string): string | undefined {
    return this.list().find(({ sandboxes }) => sandboxes.some(({ id }) => id === sandboxId))?.uid;
  }

  #look(uid: string): void {
    this.#refresh(uid).catch(this.#options.onError);
  }

  async #refresh(uid: string): Promise<void> {
    await this.inspect(uid);
    this.#changed.fire(uid);
  }

  async #keep(uid: string, listing: Listing): Promise<RuntimePod> {
    const { cri } = this.#options;
    const sandboxes = await present(
      listing.sandboxes
        .toSorted((a, b) => b.createdAt - a.createdAt || b.metadata.attempt - a.metadata.attempt)
        .map(({ id }) => cri.podSandboxStatus(id)),
    );
    const statuses = await present(listing.containers.map(({ id }) => cri.containerStatus(id)));
    const containers = await Promise.all(statuses.map((status) => this.#container(status)));
    const [first] = sandboxes;
    const labels = first?.labels ?? statuses[0]?.labels ?? {};
    const isReady = first?.state === 'SANDBOX_READY';
    const ips = isReady && first.ip !== undefined ? [first.ip, ...first.additionalIps] : [];
    const pod: RuntimePod = {
      uid,
      name: labels[POD_NAME_LABEL] ?? '',
      namespace: labels[POD_NAMESPACE_LABEL] ?? '',
      sandboxes,
      ips: ips.filter((ip) => ip !== ''),
      containers: containers.toSorted(
        (a, b) => b.createdAt - a.createdAt || b.restartCount - a.restartCount,
      ),
    };
    if (sandboxes.length + containers.length === 0) {
      const known = this.#pods.get(uid);
      for (const { id } of known?.containers ?? []) this.#messages.delete(id);
      this.#pods.delete(uid);
    } else {
      this.#pods.set(uid, pod);
    }
    return pod;
  }

  async #container(status: ContainerStatus): Promise<RuntimeContainer> {
    const { hash, restartCount } = readContainerRecord(status.annotations);
    const found = {
      ...status,
      name: status.labels[CONTAINER_NAME_LABEL] ?? status.metadata.name,
      hash,
      restartCount,
    };
    if (status.state !== 'CONTAINER_EXITED') return found;
    let said = this.#messages.get(status.id);
    if (said === undefined) {
      said = await this.#terminationMessage(status);
      this.#messages.set(status.id, said);
    }
    const message = [status.message ?? '', said].filter((text) => text !== '').join(': ');
    return message === '' ? found : { ...found, message };
  }

  /** What it wrote for whoever asks why it ended, or the end of its log. */
  async #terminationMessage(status: ContainerStatus): Promise<string> {
    const { agent } = this.#options;
    const record = readContainerRecord(status.annotations);
    const { terminationMessagePath: path, terminationMessagePolicy: policy } = record;
    const mount = status.mounts.find(({ containerPath }) => containerPath === path);
    let text = '';
    if (mount !== undefined) {
      try {
        const { readable } = await agent.openFile({
          path: mount.hostPath,
          length: MOST_MESSAGE_BYTES,
        });
        text = await new Response(readable).text();
      } catch (error) {
        if ((error as { readonly code?: unknown }).code !== 'ENOENT')
          return `Error on reading termination log ${mount.hostPath}: ${messageOf(error)}`;
      }
    }
    const isFailed = status.exitCode !== 0 && status.reason !== 'ContainerCannotRun';
    if (text !== '' || policy !== 'FallbackToLogsOnError' || !isFailed) return text;
    try {
      return await logTail(agent, status.logPath, MOST_LOG_LINES, MOST_LOG_BYTES);
    } catch (error) {
      return `Error on reading termination message from logs: ${messageOf(error)}`;
    }
  }
}

/** Those that are still there. */
async function present<T>(asked: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(asked);
  return results.flatMap((result) => {
    if (result.status === 'fulfilled') return [result.value];
    if (isNotFound(result.reason)) return [];
    throw result.reason;
  });
}

function isSame(known: RuntimePod | undefined, { sandboxes, containers }: Listing): boolean {
  if (known === undefined) return false;
  const states = (items: readonly { readonly id: string; readonly state: string }[]): string =>
    items
      .map(({ id, state }) => `${id} ${state}`)
      .toSorted()
      .join('\n');
  return (
    states(known.sandboxes) === states(sandboxes) && states(known.containers) === states(containers)
  );
}
