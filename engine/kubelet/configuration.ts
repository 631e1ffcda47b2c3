/**
 * The part of `KubeletConfiguration` (kubelet.config.k8s.io/v1beta1) that means something here, with its
 * defaults. Durations are milliseconds and sizes bytes, unless the name says otherwise.
 */
export interface KubeletConfiguration {
  /** how often each Pod is looked at although nothing changed */
  readonly syncFrequency: number;
  /** how often the directory of static Pods is read although nothing changed */
  readonly fileCheckFrequency: number;
  /** how often node status is computed */
  readonly nodeStatusUpdateFrequency: number;
  /** how often it is written although nothing changed */
  readonly nodeStatusReportFrequency: number;
  readonly nodeLeaseDurationSeconds: number;
  /** empty for none */
  readonly staticPodPath: string;
  readonly podLogsDir: string;
  /** directory of Pods' volumes and other files */
  readonly rootDirectory: string;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** of the node, from which Pods with `dnsPolicy: Default` inherit */
  readonly resolvConf: string;
  readonly maxPods: number;
  /** -1 for no limit */
  readonly podPidsLimit: number;
  readonly cpuCfsQuota: boolean;
  /** microseconds */
  readonly cpuCfsQuotaPeriod: number;
  readonly registerNode: boolean;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly registerWithTaints: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  }[];
  /** the node waits for a cloud-controller-manager */
  readonly externalCloudProvider: boolean;
  readonly providerId: string;
  /** quantities that are kept from Pods */
  readonly systemReserved: Readonly<Record<string, string>>;
  readonly kubeReserved: Readonly<Record<string, string>>;
  /** signal → quantity or percentage */
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly evictionSoft: Readonly<Record<string, string>>;
  readonly evictionSoftGracePeriod: Readonly<Record<string, number>>;
  readonly evictionMaxPodGracePeriodSeconds: number;
  readonly evictionPressureTransitionPeriod: number;
  readonly evictionMonitoringPeriod: number;
  readonly imageMinimumGcAge: number;
  /** 0 for never */
  readonly imageMaximumGcAge: number;
  readonly imageGcHighThresholdPercent: number;
  readonly imageGcLowThresholdPercent: number;
  readonly serializeImagePulls: boolean;
  readonly containerLogMaxSize: number;
  readonly containerLogMaxFiles: number;
  readonly containerLogMonitorInterval: number;
  /** dead containers kept for each container of a Pod that is there */
  readonly maxPerPodContainerCount: number;
  readonly maxContainerBackOff: number;
  readonly streamingConnectionIdleTimeout: number;
  readonly volumeStatsAggPeriod: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const MEBIBYTE = 2 ** 20;

export const DEFAULT_CONFIGURATION: KubeletConfiguration = {
  syncFrequency: MINUTE,
  fileCheckFrequency: 20 * SECOND,
  nodeStatusUpdateFrequency: 10 * SECOND,
  nodeStatusReportFrequency: 5 * MINUTE,
  nodeLeaseDurationSeconds: 40,
  staticPodPath: '/etc/kubernetes/manifests',
  podLogsDir: '/var/log/pods',
  rootDirectory: '/var/lib/kubelet',
  clusterDns: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  resolvConf: '/etc/resolv.conf',
  maxPods: 110,
  podPidsLimit: -1,
  cpuCfsQuota: true,
  cpuCfsQuotaPeriod: 100_000,
  registerNode: true,
  nodeLabels: {},
  registerWithTaints: [],
  externalCloudProvider: false,
  providerId: '',
  systemReserved: {},
  kubeReserved: {},
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '10%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '15%',
    'imagefs.inodesFree': '5%',
  },
  evictionSoft: {},
  evictionSoftGracePeriod: {},
  evictionMaxPodGracePeriodSeconds: 0,
  evictionPressureTransitionPeriod: 5 * MINUTE,
  evictionMonitoringPeriod: 10 * SECOND,
  imageMinimumGcAge: 2 * MINUTE,
  imageMaximumGcAge: 0,
  imageGcHighThresholdPercent: 85,
  imageGcLowThresholdPercent: 80,
  serializeImagePulls: true,
  containerLogMaxSize: 10 * MEBIBYTE,
  containerLogMaxFiles: 5,
  containerLogMonitorInterval: 10 * SECOND,
  maxPerPodContainerCount: 1,
  maxContainerBackOff: 300 * SECOND,
  streamingConnectionIdleTimeout: 4 * 60 * MINUTE,
  volumeStatsAggPeriod: MINUTE,
};
