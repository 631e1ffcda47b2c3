import { parseGoDuration } from '../base/go-duration.ts';
import { messageOf } from '../base/message-of.ts';
import { parseYaml } from '../objects/decode/yaml-text.ts';
import { isJsonObject } from '../objects/json-value.ts';
import { Quantity } from '../objects/quantity.ts';
import type { KubeletConfiguration } from './configuration.ts';
import type { NodeAgent } from './contracts.ts';

type Read = (value: unknown) => unknown;

const asIs: Read = (value) => value;

/** Milliseconds of a Go duration: `1m30s`. */
const duration: Read = (value) => parseGoDuration(String(value));

const durations: Read = (value) =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, text]) => [name, duration(text)]))
    : value;

const bytes: Read = (value) => Quantity.parse(String(value)).value();

/** Fields of the file that mean something here, by their names upstream. */
const FIELDS: Readonly<Record<string, readonly [keyof KubeletConfiguration, Read]>> = {
  syncFrequency: ['syncFrequency', duration],
  fileCheckFrequency: ['fileCheckFrequency', duration],
  nodeStatusUpdateFrequency: ['nodeStatusUpdateFrequency', duration],
  nodeStatusReportFrequency: ['nodeStatusReportFrequency', duration],
  nodeLeaseDurationSeconds: ['nodeLeaseDurationSeconds', asIs],
  staticPodPath: ['staticPodPath', asIs],
  podLogsDir: ['podLogsDir', asIs],
  clusterDNS: ['clusterDns', asIs],
  clusterDomain: ['clusterDomain', asIs],
  resolvConf: ['resolvConf', asIs],
  maxPods: ['maxPods', asIs],
  podPidsLimit: ['podPidsLimit', asIs],
  cpuCFSQuota: ['cpuCfsQuota', asIs],
  registerNode: ['registerNode', asIs],
  registerWithTaints: ['registerWithTaints', asIs],
  providerID: ['providerId', asIs],
  systemReserved: ['systemReserved', asIs],
  kubeReserved: ['kubeReserved', asIs],
  evictionHard: ['evictionHard', asIs],
  evictionSoft: ['evictionSoft', asIs],
  evictionSoftGracePeriod: ['evictionSoftGracePeriod', durations],
  evictionMaxPodGracePeriod: ['evictionMaxPodGracePeriodSeconds', asIs],
  evictionPressureTransitionPeriod: ['evictionPressureTransitionPeriod', duration],
  imageMinimumGCAge: ['imageMinimumGcAge', duration],
  imageMaximumGCAge: ['imageMaximumGcAge', duration],
  imageGCHighThresholdPercent: ['imageGcHighThresholdPercent', asIs],
  imageGCLowThresholdPercent: ['imageGcLowThresholdPercent', asIs],
  serializeImagePulls: ['serializeImagePulls', asIs],
  containerLogMaxSize: ['containerLogMaxSize', bytes],
  containerLogMaxFiles: ['containerLogMaxFiles', asIs],
  containerLogMonitorInterval: ['containerLogMonitorInterval', duration],
  streamingConnectionIdleTimeout: ['streamingConnectionIdleTimeout', duration],
  volumeStatsAggPeriod: ['volumeStatsAggPeriod', duration],
};

/** What a `KubeletConfiguration` says. Throws an `Error` for what is none; fields that mean nothing here are passed over. */
export function parseConfiguration(text: string): Partial<KubeletConfiguration> {
  const { value } = parseYaml(text);
  const isRight =
    isJsonObject(value) &&
    value['kind'] === 'KubeletConfiguration' &&
    value['apiVersion'] === 'kubelet.config.k8s.io/v1beta1';
  if (!isRight) throw new Error('no kind "KubeletConfiguration" is registered for this version');
  const given: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const [own, read] = FIELDS[name] ?? [];
    if (own === undefined || read === undefined || field === null) continue;
    const setting = read(field);
    // As kubeadm writes them: no time at all means the default.
    if (read !== duration || setting !== 0) given[own] = setting;
  }
  const { crashLoopBackOff } = value;
  if (isJsonObject(crashLoopBackOff) && crashLoopBackOff['maxContainerRestartPeriod'] !== undefined)
    given['maxContainerBackOff'] = duration(crashLoopBackOff['maxContainerRestartPeriod']);
  return given;
}

/** The configuration file of a node, where kubeadm puts it; nothing when it is not there. */
export async function readConfiguration(
  agent: NodeAgent,
  path = '/var/lib/kubelet/config.yaml',
): Promise<Partial<KubeletConfiguration>> {
  let text: string;
  try {
    text = await agent.readTextFile(path);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return parseConfiguration(text);
  } catch (error) {
    throw new Error(
      `failed to load kubelet config file, path: ${path}, error: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
