/** Where a kubelet keeps what it needs for Pods, as upstream's does: people look there. */
import type { Pod } from '../objects/generated/core-v1.generated.ts';

/** The kind of a volume in paths: `kubernetes.io~configmap`. */
export type VolumeKind =
  | 'configmap'
  | 'downward-api'
  | 'empty-dir'
  | 'local-volume'
  | 'projected'
  | 'secret';

export class NodePaths {
  readonly #root: string;
  readonly #logs: string;

  /** @param configuration `/var/lib/kubelet` and `/var/log/pods` */
  constructor(configuration: { readonly rootDirectory: string; readonly podLogsDir: string }) {
    this.#root = configuration.rootDirectory;
    this.#logs = configuration.podLogsDir;
  }

  get pods(): string {
    return `${this.#root}/pods`;
  }

  /** of `localhostProfile`s */
  get seccomp(): string {
    return `${this.#root}/seccomp`;
  }

  pod(uid: string): string {
    return `${this.pods}/${uid}`;
  }

  volumes(uid: string): string {
    return `${this.pod(uid)}/volumes`;
  }

  volume(uid: string, kind: VolumeKind, name: string): string {
    return `${this.volumes(uid)}/kubernetes.io~${kind}/${name}`;
  }

  plugins(uid: string): string {
    return `${this.pod(uid)}/plugins`;
  }

  /** Directory with a mark for each volume on the node's disk that is ready. */
  readyVolumes(uid: string): string {
    return `${this.plugins(uid)}/kubernetes.io~empty-dir`;
  }

  hosts(uid: string): string {
    return `${this.pod(uid)}/etc-hosts`;
  }

  /** of termination messages */
  container(uid: string, name: string): string {
    return `${this.pod(uid)}/containers/${name}`;
  }

  podLogs({ metadata }: Pod): string {
    const { namespace = '', name = '', uid = '' } = metadata;
    return `${this.#logs}/${namespace}_${name}_${uid}`;
  }
}
