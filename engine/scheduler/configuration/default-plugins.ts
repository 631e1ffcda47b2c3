import { NAMES } from '../plugins/names.ts';
import type { PluginSet } from './configuration.ts';

/** What a profile runs at every extension point that a plugin has, in order; with the weights of scores. */
export const DEFAULT_PLUGINS: PluginSet = {
  disabled: [],
  enabled: [
    { name: NAMES.schedulingGates, weight: 0 },
    { name: NAMES.prioritySort, weight: 0 },
    { name: NAMES.nodeName, weight: 0 },
    { name: NAMES.nodeUnschedulable, weight: 0 },
    { name: NAMES.taintToleration, weight: 3 },
    { name: NAMES.nodeAffinity, weight: 2 },
    { name: NAMES.nodePorts, weight: 0 },
    { name: NAMES.nodeResourcesFit, weight: 1 },
    { name: NAMES.volumeRestrictions, weight: 0 },
    { name: NAMES.nodeVolumeLimits, weight: 0 },
    { name: NAMES.volumeBinding, weight: 0 },
    { name: NAMES.volumeZone, weight: 0 },
    { name: NAMES.podTopologySpread, weight: 2 },
    { name: NAMES.interPodAffinity, weight: 2 },
    { name: NAMES.defaultPreemption, weight: 0 },
    { name: NAMES.nodeResourcesBalancedAllocation, weight: 1 },
    { name: NAMES.imageLocality, weight: 1 },
    { name: NAMES.defaultBinder, weight: 0 },
  ],
};
