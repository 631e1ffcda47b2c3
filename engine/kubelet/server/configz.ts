import type { KubeletConfiguration } from '../configuration.ts';

/** A Go duration: `1m30s`. @param milliseconds */
function goDuration(milliseconds: number): string {
  if (milliseconds === 0) return '0s';
  const seconds = milliseconds / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** `/configz`: the configuration that is in force, as kubelet.config.k8s.io/v1beta1 spells it. */
export function configz(configuration: KubeletConfiguration): object {
  const c = configuration;
  return {
    kubeletconfig: {
      syncFrequency: goDuration(c.syncFrequency),
      fileCheckFrequency: goDuration(c.fileCheckFrequency),
      ...(c.staticPodPath === '' ? {} : { staticPodPath: c.staticPodPath }),
      podLogsDir: c.podLogsDir,
      port: 10_250,
      registerNode: c.registerNode,
      clusterDomain: c.clusterDomain,
      clusterDNS: c.clusterDns,
      streamingConnectionIdleTimeout: goDuration(c.streamingConnectionIdleTimeout),
      nodeStatusUpdateFrequency: goDuration(c.nodeStatusUpdateFrequency),
      nodeStatusReportFrequency: goDuration(c.nodeStatusReportFrequency),
      nodeLeaseDurationSeconds: c.nodeLeaseDurationSeconds,
      imageMinimumGCAge: goDuration(c.imageMinimumGcAge),
      imageMaximumGCAge: goDuration(c.imageMaximumGcAge),
      imageGCHighThresholdPercent: c.imageGcHighThresholdPercent,
      imageGCLowThresholdPercent: c.imageGcLowThresholdPercent,
      volumeStatsAggPeriod: goDuration(c.volumeStatsAggPeriod),
      maxPods: c.maxPods,
      podPidsLimit: c.podPidsLimit,
      resolvConf: c.resolvConf,
      cpuCFSQuota: c.cpuCfsQuota,
      cpuCFSQuotaPeriod: goDuration(c.cpuCfsQuotaPeriod / 1000),
      serializeImagePulls: c.serializeImagePulls,
      evictionHard: c.evictionHard,
      ...(Object.keys(c.evictionSoft).length === 0
        ? {}
        : {
            evictionSoft: c.evictionSoft,
            evictionSoftGracePeriod: Object.fromEntries(
              Object.entries(c.evictionSoftGracePeriod).map(([signal, period]) => [
                signal,
                goDuration(period),
              ]),
            ),
          }),
      evictionPressureTransitionPeriod: goDuration(c.evictionPressureTransitionPeriod),
      evictionMaxPodGracePeriod: c.evictionMaxPodGracePeriodSeconds,
      containerLogMaxSize: `${c.containerLogMaxSize / 2 ** 20}Mi`,
      containerLogMaxFiles: c.containerLogMaxFiles,
      containerLogMonitorInterval: goDuration(c.containerLogMonitorInterval),
      systemReserved: c.systemReserved,
      kubeReserved: c.kubeReserved,
      registerWithTaints: c.registerWithTaints,
    },
  };
}
