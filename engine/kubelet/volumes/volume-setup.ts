import { amountOf } from '../../objects/amount-of.ts';
import { messageOf } from '../../base/message-of.ts';
import type {
  Node,
  PersistentVolume,
  Pod,
  Volume,
} from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { isReachable } from '../../objects/volumes/matching-volume.ts';
import type { KubeletContext } from '../contracts.ts';
import type { NodePaths, VolumeKind } from '../node-paths.ts';
import type { NodeTree } from '../node-tree.ts';
import type { AtomicVolume } from './atomic-volume.ts';
import { claimedVolume, claimNameOf, type ClaimedVolume } from './claims.ts';
import { addEmptyDir, tmpfsData } from './empty-dir.ts';
import { prepareHostPath } from './host-path.ts';
import { listOf } from './node-files.ts';
import { giveToGroup } from './ownership.ts';

/** A volume as containers get it. */
export interface MountedVolume {
  readonly kind: 'atomic' | 'directory';
  /** what messages call it: a claim's is the PersistentVolume */
  readonly specName: string;
  /** on the node */
  readonly path: string;
  readonly readonly: boolean;
  /** owns its files */
  readonly group?: number;
  /** of kind `atomic`, when it has been written */
  content?: AtomicVolume;
  /** what is left to do when the directories are there */
  readonly finish?: () => Promise<void>;
}

export type SetupOutcome =
  | { readonly mounted: MountedVolume }
  /** `isUnprocessed`: it is not even known what it is */
  | { readonly message: string; readonly isUnprocessed: boolean };

export interface VolumeSetupOptions {
  readonly context: Pick<KubeletContext, 'agent' | 'client' | 'node' | 'capacity'>;
  readonly paths: NodePaths;
  /** whether another Pod of the node has this PersistentVolume mounted */
  readonly isUsedElsewhere: (volumeName: string, podUid: string) => boolean;
}

/** Marks volumes of the simulated provisioner, whose directories any user of a container may write in, as it has no other say. */
const SIMULATED_PROVISIONER = 'simulated.drydock.dev/hostpath';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const FOR_ANYBODY = 0o777;

const MS_BIND = 4096;
const MS_RDONLY = 1;

/** Kinds of volumes that wait for a driver that this node does not have. */
const MISSING_DRIVERS = ['nfs', 'iscsi', 'rbd', 'cephfs', 'glusterfs', 'fc'] as const;

/** Finds out what each volume of a Pod is, and plans how it gets onto the node. */
export class VolumeSetup {
  readonly #options: VolumeSetupOptions;

  constructor(options: VolumeSetupOptions) {
    this.#options = options;
  }

  /** Names of the Pod's volumes that an earlier kubelet has finished. */
  async readyVolumes(uid: string): Promise<Set<string>> {
    const { context, paths } = this.#options;
    const entries = await listOf(context.agent, paths.readyVolumes(uid));
    return new Set(entries.map(({ name }) => name));
  }

  /** @param ready those that must not be made anew: a container may have changed them */
  async plan(
    pod: Pod,
    volume: Volume,
    tree: NodeTree,
    ready: ReadonlySet<string>,
  ): Promise<SetupOutcome> {
    const { emptyDir, hostPath, configMap, secret, downwardAPI, projected } = volume;
    if (configMap !== undefined) return this.#atomic(pod, volume, 'configmap', tree);
    if (secret !== undefined) return this.#atomic(pod, volume, 'secret', tree);
    if (downwardAPI !== undefined) return this.#atomic(pod, volume, 'downward-api', tree);
    if (projected !== undefined) return this.#atomic(pod, volume, 'projected', tree);
    if (emptyDir !== undefined) return this.#emptyDir(pod, volume, tree, ready.has(volume.name));
    if (hostPath !== undefined)
      return this.#node(volume.name, hostPath.path, false, () =>
        prepareHostPath(this.#options.context.agent, hostPath),
      );
    if (claimNameOf(pod, volume) !== undefined) return await this.#claim(pod, volume, tree);
    if (volume.csi !== undefined) return failed(volume.name, noDriver(volume.csi.driver));
    const kind = MISSING_DRIVERS.find((name) => volume[name] !== undefined);
    return unprocessed(
      `failed to get Plugin from volumeSpec for volume ${goQuote(volume.name)} err=no volume plugin matched${kind === undefined ? '' : ` name: ${kind}`}`,
    );
  }

  #atomic(pod: Pod, { name }: Volume, kind: VolumeKind, tree: NodeTree): SetupOutcome {
    const { paths } = this.#options;
    const { uid = '' } = pod.metadata;
    tree.directory(`${paths.readyVolumes(uid)}/wrapped_${name}`, 0o750);
    tree.file(`${paths.readyVolumes(uid)}/wrapped_${name}/ready`, '', 0o644);
    const path = paths.volume(uid, kind, name);
    return { mounted: { kind: 'atomic', specName: name, path, readonly: true } };
  }

  #emptyDir(pod: Pod, volume: Volume, tree: NodeTree, isReady: boolean): SetupOutcome {
    const { context, paths } = this.#options;
    const { uid = '' } = pod.metadata;
    const { name, emptyDir = {} } = volume;
    const { medium = '' } = emptyDir;
    const { fsGroup } = pod.spec.securityContext ?? {};
    const path = paths.volume(uid, 'empty-dir', name);
    if (medium !== '' && medium !== 'Memory')
      return failed(name, `unknown storage medium ${goQuote(medium)}`);
    if (!isReady) {
      addEmptyDir(tree, path, emptyDir, fsGroup);
      tree.directory(`${paths.readyVolumes(uid)}/${name}`, 0o750);
      tree.file(`${paths.readyVolumes(uid)}/${name}/ready`, '', 0o644);
    }
    const allocatable = context.node()?.status?.allocatable?.['memory'];
    const memory =
      allocatable === undefined ? context.capacity().memory : amountOf('memory', allocatable);
    const mountTmpfs = async (): Promise<void> => {
      const data = tmpfsData(pod, emptyDir, fsGroup, memory);
      const request = { source: 'tmpfs', target: path, type: 'tmpfs', flags: 0, data };
      await context.agent.call('file.mount', request);
    };
    return {
      mounted: {
        kind: 'directory',
        specName: name,
        path,
        readonly: false,
        ...(medium === 'Memory' ? { finish: mountTmpfs } : {}),
      },
    };
  }

  /** What is on the node already, or is made there. */
  #node(
    specName: string,
    path: string,
    readonly: boolean,
    finish: () => Promise<void>,
  ): SetupOutcome {
    return { mounted: { kind: 'directory', specName, path, readonly, finish } };
  }

  async #claim(pod: Pod, volume: Volume, tree: NodeTree): Promise<SetupOutcome> {
    const { context, isUsedElsewhere } = this.#options;
    let claimed: ClaimedVolume;
    try {
      claimed = await claimedVolume(context.client, pod, volume);
    } catch (error) {
      return unprocessed(messageOf(error));
    }
    const { metadata, spec } = claimed.volume;
    const { name } = metadata;
    const node = context.node();
    if (node !== undefined && !isReachable(claimed.volume, selectable(node)))
      return {
        message: `MountVolume.NodeAffinity check failed for volume ${goQuote(name)} : no matching NodeSelectorTerms`,
        isUnprocessed: false,
      };
    const [mode, ...others] = spec.accessModes ?? [];
    const { uid = '' } = pod.metadata;
    if (mode === 'ReadWriteOncePod' && others.length === 0 && isUsedElsewhere(name, uid))
      return failed(
        name,
        'volume uses the ReadWriteOncePod access mode and is already in use by another pod',
      );
    const outcome = this.#persistent(pod, claimed, tree);
    const { group } = claimed;
    if (!('mounted' in outcome) || group === undefined) return outcome;
    return { mounted: { ...outcome.mounted, group } };
  }

  #persistent(pod: Pod, { volume, readonly }: ClaimedVolume, tree: NodeTree): SetupOutcome {
    const { agent } = this.#options.context;
    const { metadata, spec } = volume;
    const { name } = metadata;
    const { hostPath, local, csi, volumeMode } = spec;
    if (volumeMode !== 'Block') {
      if (hostPath !== undefined) {
        const isSimulated = metadata.annotations?.[PROVISIONED_BY] === SIMULATED_PROVISIONER;
        const directoryMode = isSimulated ? FOR_ANYBODY : undefined;
        return this.#node(name, hostPath.path, readonly, () =>
          prepareHostPath(agent, hostPath, directoryMode),
        );
      }
      if (local !== undefined) return this.#local(pod, volume, readonly, tree);
    }
    if (csi !== undefined) return failed(name, noDriver(csi.driver));
    return unprocessed(
      `failed to get Plugin from volumeSpec for volume ${goQuote(name)} err=no volume plugin matched`,
    );
  }

  #local(
    pod: Pod,
    { metadata, spec }: PersistentVolume,
    readonly: boolean,
    tree: NodeTree,
  ): SetupOutcome {
    const { context, paths, isUsedElsewhere } = this.#options;
    const { uid = '' } = pod.metadata;
    const { fsGroup, fsGroupChangePolicy } = pod.spec.securityContext ?? {};
    const { name = '' } = metadata;
    const source = spec.local?.path ?? '';
    if (source.split('/').includes('..'))
      return failed(name, `invalid path: ${source} must not contain '..'`);
    const path = paths.volume(uid, 'local-volume', name);
    tree.directory(path, 0o750);
    const isShared = isUsedElsewhere(name, uid);
    const mount = async (): Promise<void> => {
      const flags = readonly ? MS_BIND | MS_RDONLY : MS_BIND;
      await context.agent.call('file.mount', { source, target: path, type: '', flags, data: '' });
      if (fsGroup !== undefined && !readonly && !isShared)
        await giveToGroup(context.agent, path, fsGroup, fsGroupChangePolicy === 'OnRootMismatch');
    };
    return this.#node(name, path, readonly, mount);
  }
}

function failed(volumeName: string, message: string): SetupOutcome {
  return {
    message: `MountVolume.SetUp failed for volume ${goQuote(volumeName)} : ${message}`,
    isUnprocessed: false,
  };
}

function unprocessed(message: string): SetupOutcome {
  return { message, isUnprocessed: true };
}

function noDriver(driver: string): string {
  return `kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name ${driver} not found in the list of registered CSI drivers`;
}

function selectable({ metadata }: Node) {
  return { name: metadata.name ?? '', labels: metadata.labels ?? {} };
}
