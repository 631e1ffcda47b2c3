import { expect, it } from 'vitest';
import { sketchPod, sketchRuntime } from '../testing/sketch.ts';
import { hasInitialized } from '../pods/restart-policy.ts';
import { containerStatuses } from './container-statuses.ts';
import { phaseOf } from './phase.ts';
import { withProbeResults } from './probe-results.ts';

function phase(podText: string, runtimeText: string, isTerminal = false): string {
  const pod = sketchPod(podText);
  const runtime = sketchRuntime(runtimeText, pod);
  const sources = { pod, runtime, runtimeName: 'test', waiting: new Map() };
  const { containers, initContainers = [] } = pod.spec;
  const probes = { outcome: () => undefined, isProbed: () => false };
  const statuses = [
    ...withProbeResults(
      pod,
      initContainers,
      containerStatuses(sources, initContainers, [], 'init'),
      [],
      probes,
      'init',
    ),
    ...containerStatuses(sources, containers, [], 'main'),
  ];
  return phaseOf(pod, statuses, { isTerminal, isInitialized: hasInitialized(pod, runtime) });
}

it.each([
  ['Always: main', 'none |', 'Pending'],
  ['Always: main', 'ready |', 'Pending'],
  ['Always: main', 'ready | main:running', 'Running'],
  ['Always: main db', 'ready | main:running', 'Pending'],
  ['Always: main', 'ready | main:exited=1', 'Running'],
  ['OnFailure: main', 'ready | main:exited=1', 'Running'],
  ['OnFailure: main', 'ready | main:exited=0', 'Succeeded'],
  ['Never: main', 'ready | main:exited=1', 'Failed'],
  ['Never: main', 'ready | main:exited=0', 'Succeeded'],
  ['Never: main db', 'ready | main:exited=0 db:running', 'Running'],
  ['Never: main db', 'ready | main:exited=0 db:exited=1', 'Failed'],
  ['Always: setup! main', 'ready | setup:running', 'Pending'],
  ['Always: setup! main', 'ready | setup:exited=1', 'Pending'],
  ['Never: setup! main', 'ready | setup:exited=1', 'Failed'],
  ['Always: setup! main', 'ready | main:running setup:exited=0', 'Running'],
  ['Always: proxy* main', 'ready | proxy:running', 'Pending'],
  ['Always: proxy* main', 'ready | main:running proxy:running', 'Running'],
  ['Never: proxy* main', 'ready | main:exited=0 proxy:exited=143', 'Succeeded'],
])('%s, when there is %s, is %s', (pod, runtime, expected) => {
  expect(phase(pod, runtime)).toBe(expected);
});

it.each([
  ['Always: main', 'ready | main:exited=143', 'Failed'],
  ['Always: main', 'ready | main:exited=0', 'Succeeded'],
])('%s, when it is to end and there is %s, is %s', (pod, runtime, expected) => {
  expect(phase(pod, runtime, true)).toBe(expected);
});
