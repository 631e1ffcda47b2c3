import { describe, expect, it } from 'vitest';
import { node } from '../testing/builders.ts';
import { TestFramework } from '../testing/test-framework.ts';
import { parseConfiguration, readConfiguration } from './configuration.ts';

const pointsOf = (configuration: unknown) =>
  new TestFramework({ nodes: [node('a')], configuration }).framework.points;
const names = (plugins: readonly { readonly name: string }[]) => plugins.map(({ name }) => name);

describe('KubeSchedulerConfiguration', () => {
  it('has upstream defaults', () => {
    const { profiles, ...rest } = readConfiguration();
    expect(rest).toMatchObject({
      percentageOfNodesToScore: 0,
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 10,
    });
    expect(profiles.map(({ schedulerName }) => schedulerName)).toEqual(['default-scheduler']);
    const { filter, score } = pointsOf({});
    expect(names(filter)).toEqual([
      'NodeName',
      'NodeUnschedulable',
      'TaintToleration',
      'NodeAffinity',
      'NodePorts',
      'NodeResourcesFit',
      'VolumeRestrictions',
      'NodeVolumeLimits',
      'VolumeBinding',
      'VolumeZone',
      'PodTopologySpread',
      'InterPodAffinity',
    ]);
    expect(score.map(({ plugin, weight }) => [plugin.name, weight])).toEqual([
      ['TaintToleration', 3],
      ['NodeAffinity', 2],
      ['NodeResourcesFit', 1],
      ['VolumeBinding', 1],
      ['PodTopologySpread', 2],
      ['InterPodAffinity', 2],
      ['NodeResourcesBalancedAllocation', 1],
      ['ImageLocality', 1],
    ]);
  });

  it('is read from YAML', () => {
    const { profiles, podMaxBackoffSeconds } = parseConfiguration(`
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
podMaxBackoffSeconds: 20
profiles:
  - schedulerName: default-scheduler
  - schedulerName: packing
    pluginConfig:
      - name: NodeResourcesFit
        args:
          scoringStrategy:
            type: MostAllocated
`);
    expect(podMaxBackoffSeconds).toBe(20);
    expect(profiles.map(({ schedulerName }) => schedulerName)).toEqual([
      'default-scheduler',
      'packing',
    ]);
  });

  it('puts plugins that are named for a point first', () => {
    const plugins = { filter: { enabled: [{ name: 'NodeResourcesFit' }] } };
    expect(names(pointsOf({ profiles: [{ plugins }] }).filter).slice(0, 2)).toEqual([
      'NodeResourcesFit',
      'NodeName',
    ]);
  });

  it('changes a weight in place', () => {
    const plugins = { multiPoint: { enabled: [{ name: 'ImageLocality', weight: 7 }] } };
    const { score } = pointsOf({ profiles: [{ plugins }] });
    expect(score.at(-1)).toMatchObject({ plugin: { name: 'ImageLocality' }, weight: 7 });
  });

  it.each([
    ['profiles[1].schedulerName: Required value', { profiles: [{ schedulerName: 'a' }, {}] }],
    [
      'profiles[1].schedulerName: Duplicate value: "a"',
      { profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] },
    ],
    ['extenders: extenders are not supported', { extenders: [{}] }],
    [
      'percentageOfNodesToScore: Too big: expected number to be <=100',
      { percentageOfNodesToScore: 101 },
    ],
  ])('refuses: %s', (message, configuration) => {
    expect(() => readConfiguration(configuration)).toThrow(message);
  });

  it.each([
    ['plugin "Nope" is not registered', { multiPoint: { enabled: [{ name: 'Nope' }] } }],
    [
      'plugin "NodeName" does not extend score plugin',
      { score: { enabled: [{ name: 'NodeName' }] } },
    ],
    [
      'at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
      { bind: { disabled: [{ name: '*' }] } },
    ],
    [
      'only one queue sort plugin required for profile with scheduler name "default-scheduler", but got 0',
      { queueSort: { disabled: [{ name: '*' }] } },
    ],
  ])('refuses: %s', (message, plugins) => {
    expect(() => pointsOf({ profiles: [{ plugins }] })).toThrow(message);
  });
});
