import { KeyedLock } from '../../base/keyed-lock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Container, Pod, Volume } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import type { CriMount } from '../../runtime/cri/types.ts';
import { VolumeError, type KubeletContext, type PodVolumes } from '../contracts.ts';
import { NodePaths } from '../node-paths.ts';
import { NodeTree } from '../node-tree.ts';
import { AtomicVolumes } from './atomic-volumes.ts';
import { containerMounts } from './container-mounts.ts';
import { listOf, mountsBelow } from './node-files.ts';
import { usedVolumes } from './pod-volume-names.ts';
import { VolumeSetup, type MountedVolume } from './volume-setup.ts';
import type { VolumeContents } from './volume-contents.ts';

/** Milliseconds after which upstream's kubelet says that it still waits (2 min 3 s). */
const PATIENCE_MS = 123_000;
const DIRECTORY_MODE = 0o750;

/** One Pod's volumes. */
interface PodState {
  /** as it was seen last */
  pod: Pod;
  readonly mounted: Map<string, MountedVolume>;
  hasDirectories: boolean;
  /** UNIX milliseconds since which volumes are waited for */
  waitsSince: number | undefined;
  timer: Disposable | undefined;
  /** something changed that was not looked at yet */
  isStale: boolean;
}

export type PodVolumesContext = Pick<
  KubeletContext,
  | 'agent'
  | 'capacity'
  | 'client'
  | 'clock'
  | 'configuration'
  | 'events'
  | 'node'
  | 'onError'
  | 'random'
>;

export interface PodVolumesOptions {
  readonly context: PodVolumesContext;
  readonly contents: VolumeContents;
  /** called when a Pod's volumes are gone */
  readonly release: (podUid: string) => void;
}

/**
 * The volumes of the node's Pods. A Pod's directories and files are written in one round trip, whatever the number of
 * volumes; changes of ConfigMaps and Secrets reach the files as soon as the API server tells them.
 */
export class NodePodVolumes implements PodVolumes {
  readonly #context: PodVolumesContext;
  readonly #paths: NodePaths;
  readonly #setup: VolumeSetup;
  readonly #atomic: AtomicVolumes;
  readonly #contents: VolumeContents;
  readonly #release: (podUid: string) => void;
  readonly #pods = new Map<string, PodState>();
  readonly #lock = new KeyedLock();
  /** uids with a directory from before this kubelet was started, which have to be looked into first */
  #inherited: Promise<Set<string>> | undefined;

  constructor({ context, contents, release }: PodVolumesOptions) {
    this.#context = context;
    this.#paths = new NodePaths(context.configuration);
    this.#contents = contents;
    this.#release = release;
    this.#atomic = new AtomicVolumes(context);
    this.#setup = new VolumeSetup({
      context,
      paths: this.#paths,
      isUsedElsewhere: (volumeName, podUid) => this.#isUsedElsewhere(volumeName, podUid),
    });
  }

  async mount(pod: Pod): Promise<void> {
    const { uid = '' } = pod.metadata;
    await this.#lock.run(uid, async () => {
      const state = this.#stateOf(pod);
      const missing = usedVolumes(pod).filter(({ name }) => !state.mounted.has(name));
      if (missing.length > 0 || !state.hasDirectories) await this.#mount(state, missing);
    });
  }

  async mountsOf(
    pod: Pod,
    container: Container,
    environment: ReadonlyMap<string, string>,
  ): Promise<readonly CriMount[]> {
    const { agent, clock } = this.#context;
    const mounted = this.#pods.get(pod.metadata.uid ?? '')?.mounted ?? new Map();
    return await containerMounts({ agent, now: clock.now(), container, mounted, environment });
  }

  /** Where a volume is on the node; undefined when it is not mounted. */
  pathOf(pod: Pod, volumeName: string): string | undefined {
    return this.#pods.get(pod.metadata.uid ?? '')?.mounted.get(volumeName)?.path;
  }

  /** Groups that own volumes of the Pod by an annotation. */
  groupsOf(pod: Pod): readonly number[] {
    const mounted = this.#pods.get(pod.metadata.uid ?? '')?.mounted.values() ?? [];
    const known = new Set(pod.spec.securityContext?.supplementalGroups);
    return [...new Set([...mounted].flatMap(({ group }) => group ?? []))].filter(
      (group) => !known.has(group),
    );
  }

  async refresh(pod: Pod): Promise<void> {
    const { uid = '' } = pod.metadata;
    const state = this.#pods.get(uid);
    if (state === undefined) return;
    state.pod = pod;
    await this.#lock.run(uid, () => this.#update(state));
  }

  /** Something that a Pod's volumes have changed: brings them up to date soon. */
  touch(podUid: string): void {
    const state = this.#pods.get(podUid);
    if (state === undefined || state.isStale) return;
    state.isStale = true;
    void this.#lock
      .run(podUid, () => this.#update(state))
      .catch((error: unknown) => this.#context.onError(error));
  }

  async unmount(uid: string): Promise<void> {
    await this.#lock.run(uid, async () => {
      const { agent } = this.#context;
      this.#pods.get(uid)?.timer?.dispose();
      const path = this.#paths.pod(uid);
      // What is mounted must not be removed with the directory: it is somebody's data.
      for (const mount of await mountsBelow(agent, path))
        await agent.call('file.unmount', { path: mount });
      const left = await mountsBelow(agent, path);
      if (left.length > 0) throw new Error(`${left.join(', ')} is still mounted`);
      await agent.call('file.remove', { path, recursive: true });
      this.#pods.delete(uid);
      (await this.#inherited)?.delete(uid);
      this.#release(uid);
    });
  }

  async known(): Promise<readonly string[]> {
    return [...(await this.#directories())];
  }

  async #mount(state: PodState, missing: readonly Volume[]): Promise<void> {
    const { agent, clock } = this.#context;
    const { pod, mounted } = state;
    const { uid = '' } = pod.metadata;
    const isInherited = await this.#isInherited(uid);
    const tree = new NodeTree(clock.now());
    if (!state.hasDirectories) this.#addDirectories(tree, uid);
    const ready = isInherited ? await this.#setup.readyVolumes(uid) : new Set<string>();
    const failures: { readonly reason: string; readonly message: string }[] = [];
    const unprocessed: { readonly name: string; readonly message: string }[] = [];
    const planned: { readonly volume: Volume; readonly plan: MountedVolume }[] = [];
    for (const volume of missing) {
      const outcome = await this.#setup.plan(pod, volume, tree, ready);
      if ('mounted' in outcome) planned.push({ volume, plan: outcome.mounted });
      else if (outcome.isUnprocessed) unprocessed.push({ name: volume.name, ...outcome });
      else failures.push({ reason: 'FailedMount', message: outcome.message });
    }
    for (const { volume, plan } of planned) {
      if (plan.kind !== 'atomic') continue;
      try {
        await this.#addContent(state, volume, plan, tree, isInherited);
      } catch (error) {
        failures.push(setUpFailed(volume.name, error));
      }
    }
    try {
      await tree.write(agent);
      state.hasDirectories = true;
    } catch (error) {
      throw new VolumeError(
        planned.length === 0
          ? [
              {
                reason: 'Failed',
                message: `error making pod data directories: ${messageOf(error)}`,
              },
            ]
          : [...failures, ...planned.map(({ plan }) => setUpFailed(plan.specName, error))],
      );
    }
    for (const { volume, plan } of planned) {
      if (plan.kind === 'atomic' && plan.content === undefined) continue;
      try {
        await plan.finish?.();
        mounted.set(volume.name, plan);
      } catch (error) {
        failures.push(setUpFailed(plan.specName, error));
      }
    }
    if (failures.length + unprocessed.length === 0) {
      state.waitsSince = undefined;
      (await this.#inherited)?.delete(uid);
      return;
    }
    throw new VolumeError([...failures, ...this.#stillWaiting(state, missing, unprocessed)]);
  }

  async #addContent(
    state: PodState,
    volume: Volume,
    plan: MountedVolume,
    tree: NodeTree,
    isInherited: boolean,
  ): Promise<void> {
    const content = await this.#contents.of(state.pod, volume);
    if (content === undefined) return;
    const known = isInherited ? await this.#atomic.read(plan.path) : undefined;
    plan.content =
      known === undefined
        ? this.#atomic.add(tree, state.pod, volume.name, plan.path, content.files)
        : await this.#atomic.update(state.pod, plan.path, known, content.files);
  }

  /** Brings all volumes with contents of the API server up to date. Failures become events, as they do upstream. */
  async #update(state: PodState): Promise<void> {
    const { clock, events } = this.#context;
    state.isStale = false;
    let refreshAt = Number.POSITIVE_INFINITY;
    for (const volume of state.pod.spec.volumes ?? []) {
      const mounted = state.mounted.get(volume.name);
      if (mounted?.content === undefined) continue;
      try {
        const content = await this.#contents.of(state.pod, volume);
        if (content === undefined) continue;
        refreshAt = Math.min(refreshAt, content.refreshAt);
        const { path } = mounted;
        mounted.content = await this.#atomic.update(
          state.pod,
          path,
          mounted.content,
          content.files,
        );
      } catch (error) {
        const { reason, message } = setUpFailed(volume.name, error);
        events.pod(state.pod, 'Warning', reason, message);
      }
    }
    state.timer?.dispose();
    state.timer = undefined;
    if (!Number.isFinite(refreshAt)) return;
    const { uid = '' } = state.pod.metadata;
    state.timer = clock.setTimer(() => this.touch(uid), refreshAt - clock.now());
  }

  #stillWaiting(
    state: PodState,
    missing: readonly Volume[],
    unprocessed: readonly { readonly name: string; readonly message: string }[],
  ): { readonly reason: string; readonly message: string }[] {
    const now = this.#context.clock.now();
    state.waitsSince ??= now;
    const isLate = now - state.waitsSince >= PATIENCE_MS;
    if (unprocessed.length === 0 && !isLate) return [];
    const unmounted = missing
      .map(({ name }) => name)
      .filter((name) => !state.mounted.has(name))
      .toSorted();
    const names = unprocessed.map(({ name }) => name).toSorted();
    const cause =
      unprocessed.length === 0
        ? 'context deadline exceeded'
        : unprocessed.map(({ message }) => message).join('; ');
    if (isLate) state.waitsSince = now;
    return [
      {
        reason: 'FailedMount',
        message: `Unable to attach or mount volumes: unmounted volumes=[${unmounted.join(' ')}], unattached volumes=[], failed to process volumes=[${names.join(' ')}]: ${cause}`,
      },
    ];
  }

  #addDirectories(tree: NodeTree, uid: string): void {
    for (const path of [this.#paths.pod(uid), this.#paths.volumes(uid), this.#paths.plugins(uid)])
      tree.directory(path, DIRECTORY_MODE);
  }

  #stateOf(pod: Pod): PodState {
    const { uid = '' } = pod.metadata;
    const known = this.#pods.get(uid);
    if (known !== undefined) {
      known.pod = pod;
      return known;
    }
    const state: PodState = {
      pod,
      mounted: new Map(),
      hasDirectories: false,
      waitsSince: undefined,
      timer: undefined,
      isStale: false,
    };
    this.#pods.set(uid, state);
    return state;
  }

  async #isInherited(uid: string): Promise<boolean> {
    this.#inherited ??= this.#directories();
    return (await this.#inherited).has(uid);
  }

  async #directories(): Promise<Set<string>> {
    const { agent } = this.#context;
    const entries = await listOf(agent, this.#paths.pods);
    return new Set(entries.flatMap(({ name, kind }) => (kind === 'directory' ? [name] : [])));
  }

  #isUsedElsewhere(volumeName: string, podUid: string): boolean {
    return [...this.#pods].some(
      ([uid, { mounted }]) =>
        uid !== podUid && [...mounted.values()].some(({ specName }) => specName === volumeName),
    );
  }
}

function setUpFailed(
  volumeName: string,
  error: unknown,
): { readonly reason: string; readonly message: string } {
  const message = `MountVolume.SetUp failed for volume ${goQuote(volumeName)} : ${messageOf(error)}`;
  return { reason: 'FailedMount', message };
}
