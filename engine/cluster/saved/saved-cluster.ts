import type { PreparedMachine } from '../../api/lab.ts';
import type { SavedMachine } from '../../api/machine.ts';
import { CLUSTER_CIDR } from '../cluster-cidr.ts';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import type { WebWorkerRecords } from '../web-worker/web-worker-runtime.ts';

/** A cluster at rest: what is not in its machines is beside them. */
export interface SavedCluster {
  readonly settings: ClusterSettings;
  readonly pki: ClusterPki;
  /** all of them, the control plane's first */
  readonly nodes: readonly SavedNode[];
  /** etcd's data directory */
  readonly etcd: Readonly<Record<string, Blob>>;
  /** what the cloud around it keeps */
  readonly cloud: Readonly<Record<string, Blob>>;
}

/** What a cluster was started with, and machines that come to it are. */
export interface ClusterSettings {
  /** what nodes get addresses for Pods from */
  readonly clusterCidr: string;
  /** `--controllers` of kube-controller-manager; all that are on by default when absent */
  readonly controllers?: readonly string[];
  /** further flags of kube-controller-manager, such as `--node-monitor-period=2s` */
  readonly managerFlags?: readonly string[];
}

export interface SavedNode {
  readonly name: string;
  readonly plugged: boolean;
  /** absent when it had ended */
  readonly running?: {
    readonly machine: SavedMachine | PreparedMachine;
    /** containers beside the machine */
    readonly webWorkers: WebWorkerRecords;
  };
}

/** What is not said is as kubeadm has it. */
export function settingsOf({
  clusterCidr = CLUSTER_CIDR,
  controllers,
  managerFlags = [],
}: Partial<ClusterSettings>): ClusterSettings {
  return {
    clusterCidr,
    ...(controllers === undefined ? {} : { controllers }),
    ...(managerFlags.length === 0 ? {} : { managerFlags }),
  };
}
