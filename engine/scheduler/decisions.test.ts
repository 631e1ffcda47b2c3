import { describe, expect, it } from 'vitest';
import * as nodes from './cases/nodes.cases.ts';
import * as affinity from './cases/affinity.cases.ts';
import * as spread from './cases/spread.cases.ts';
import * as binding from './cases/volume-binding.cases.ts';
import * as resources from './cases/resources.cases.ts';
import * as volumes from './cases/volumes.cases.ts';
import type { Case } from './cases/case.ts';
import { TestFramework } from './testing/test-framework.ts';

const tables: readonly [string, readonly Case[]][] = [
  ['NodeName', nodes.nodeNameCases],
  ['NodeUnschedulable', nodes.nodeUnschedulableCases],
  ['TaintToleration', nodes.taintTolerationCases],
  ['NodeAffinity', nodes.nodeAffinityCases],
  ['NodePorts', nodes.nodePortsCases],
  ['The event of a Pod that fits nowhere', nodes.noNodeCases],
  ['NodeResourcesFit', resources.nodeResourcesFitCases],
  ['NodeResourcesBalancedAllocation', resources.balancedAllocationCases],
  ['ImageLocality', resources.imageLocalityCases],
  ['A profile', resources.weightCases],
  ['Preemption', resources.preemptionCases],
  ['InterPodAffinity', affinity.interPodAffinityCases],
  ['PodTopologySpread', spread.podTopologySpreadCases],
  ['VolumeBinding', binding.volumeBindingCases],
  ['VolumeZone', volumes.volumeZoneCases],
  ['VolumeRestrictions', volumes.volumeRestrictionsCases],
  ['NodeVolumeLimits', volumes.nodeVolumeLimitsCases],
];

describe.each(tables)('%s', (_plugin, cases) => {
  it.each(cases)('$rule', ({ pod, fits, message, scores, scoredBy, ...cluster }) => {
    const framework = new TestFramework(cluster);
    expect(fits ?? message ?? scores).toBeDefined();
    if (fits !== undefined) expect(framework.fitting(pod)).toEqual(fits);
    if (message !== undefined) expect(framework.message(pod)).toBe(message);
    if (scores !== undefined) expect(framework.scores(pod, scoredBy)).toEqual(scores);
  });
});
