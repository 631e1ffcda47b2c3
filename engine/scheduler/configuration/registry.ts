import type { PluginFactory } from '../framework/plugin.ts';
import { defaultBinder } from '../plugins/default-binder.ts';
import { defaultPreemption } from '../plugins/default-preemption.ts';
import { imageLocality } from '../plugins/image-locality.ts';
import { interPodAffinity } from '../plugins/inter-pod-affinity.ts';
import { NAMES } from '../plugins/names.ts';
import { nodeAffinity } from '../plugins/node-affinity.ts';
import { nodeName } from '../plugins/node-name.ts';
import { nodePorts } from '../plugins/node-ports.ts';
import { nodeResourcesBalancedAllocation } from '../plugins/node-resources-balanced-allocation.ts';
import { nodeResourcesFit } from '../plugins/node-resources-fit.ts';
import { nodeUnschedulable } from '../plugins/node-unschedulable.ts';
import { nodeVolumeLimits } from '../plugins/node-volume-limits.ts';
import { podTopologySpread } from '../plugins/pod-topology-spread.ts';
import { prioritySort } from '../plugins/priority-sort.ts';
import { schedulingGates } from '../plugins/scheduling-gates.ts';
import { taintToleration } from '../plugins/taint-toleration.ts';
import { volumeBinding } from '../plugins/volume-binding.ts';
import { volumeRestrictions } from '../plugins/volume-restrictions.ts';
import { volumeZone } from '../plugins/volume-zone.ts';

export type PluginRegistry = Readonly<Record<string, PluginFactory>>;

/** The plugins that come with the scheduler. */
export const builtInPlugins: PluginRegistry = {
  [NAMES.schedulingGates]: () => schedulingGates,
  [NAMES.prioritySort]: () => prioritySort,
  [NAMES.nodeName]: () => nodeName,
  [NAMES.nodeUnschedulable]: () => nodeUnschedulable,
  [NAMES.taintToleration]: () => taintToleration,
  [NAMES.nodeAffinity]: nodeAffinity,
  [NAMES.nodePorts]: () => nodePorts,
  [NAMES.nodeResourcesFit]: nodeResourcesFit,
  [NAMES.volumeRestrictions]: volumeRestrictions,
  [NAMES.nodeVolumeLimits]: nodeVolumeLimits,
  [NAMES.volumeBinding]: volumeBinding,
  [NAMES.volumeZone]: volumeZone,
  [NAMES.podTopologySpread]: podTopologySpread,
  [NAMES.interPodAffinity]: interPodAffinity,
  [NAMES.defaultPreemption]: defaultPreemption,
  [NAMES.nodeResourcesBalancedAllocation]: nodeResourcesBalancedAllocation,
  [NAMES.imageLocality]: imageLocality,
  [NAMES.defaultBinder]: defaultBinder,
};
