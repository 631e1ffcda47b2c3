import { expect, it } from 'vitest';
import { sketchPod, sketchRuntime } from '../testing/sketch.ts';
import { computePodActions } from './pod-actions.ts';

/** In one line: `kill pod, sandbox 1, start main`. */
function describeActions(podText: string, runtimeText: string, failing = ''): string {
  const pod = sketchPod(podText);
  const runtime = sketchRuntime(runtimeText, pod);
  const actions = computePodActions(pod, runtime, {
    needsRestart: () => false,
    outcome: (kind, id) => {
      const name = id.replace(/-\d+$/, '');
      if (failing === `${kind} ${name}`) return 'failure';
      return kind === 'startup' ? 'success' : undefined;
    },
  });
  const parts = [
    actions.killPod && 'kill pod',
    ...actions.kill.map(({ name, reason }) => `kill ${name} (${reason})`),
    actions.createSandbox && `sandbox ${actions.attempt}`,
    ...actions.initToStart.map(({ name }) => `init ${name}`),
    ...actions.toStart.map(({ name }) => `start ${name}`),
  ];
  return parts.filter((part) => part !== false).join(', ');
}

it.each([
  // a new Pod
  ['Always: main', 'none |', 'kill pod, sandbox 0, start main'],
  ['Always: setup! main', 'none |', 'kill pod, sandbox 0, init setup'],
  // as it should be
  ['Always: main db', 'ready | main:running db:running', ''],
  ['Always: main db', 'ready | main:running', 'start db'],
  // containers that ended
  ['Always: main', 'ready | main:exited=0', 'start main'],
  ['OnFailure: main', 'ready | main:exited=0', 'kill pod'],
  ['OnFailure: main', 'ready | main:exited=1', 'start main'],
  ['OnFailure: main db', 'ready | main:exited=0 db:running', ''],
  ['Never: main', 'ready | main:exited=1', 'kill pod'],
  ['Never: main db', 'ready | main:exited=1 db:running', ''],
  ['Never: main(OnFailure) db', 'ready | main:exited=1 db:running', 'start main'],
  ['Always: main(Never) db', 'ready | main:exited=1 db:running', ''],
  ['Never: main', 'ready | main:created', 'start main'],
  ['Always: main', 'ready | main:unknown', 'kill main (other), start main'],
  // a definition that changed
  ['Never: main', 'ready | main:running?', 'kill main (other), start main'],
  // a sandbox that died
  ['Always: main', 'dead | main:exited=137', 'kill pod, sandbox 1, start main'],
  ['OnFailure: main db', 'dead | main:exited=0 db:exited=1', 'kill pod, sandbox 1, start db'],
  ['OnFailure: main', 'dead | main:exited=0', 'kill pod'],
  ['Never: main', 'dead | main:exited=0', 'kill pod'],
  ['Never: main', 'dead |', 'kill pod, sandbox 1, start main'],
  ['Always: setup! main', 'dead | main:exited=1 setup:exited=0', 'kill pod, sandbox 1, init setup'],
  // init containers
  ['Always: one! two! main', 'ready | one:running', ''],
  ['Always: one! two! main', 'ready | one:exited=0', 'init two'],
  ['Always: one! two! main', 'ready | two:running one:exited=0', ''],
  ['Always: one! two! main', 'ready | two:exited=0 one:exited=0', 'start main'],
  ['Always: one! two! main', 'ready | two:exited=0', 'start main'],
  ['Always: one! main', 'ready | one:exited=1', 'init one'],
  ['Never: one! main', 'ready | one:exited=1', 'kill pod'],
  ['OnFailure: one! main', 'ready | one:exited=1', 'init one'],
  ['Always: one! main', 'ready | one:created', 'init one'],
  ['Always: one! main', 'ready | one:exited=0~', 'init one'],
  ['Always: one! main', 'ready | main:running', ''],
  ['Always: one! main', 'ready | main:exited=1', 'start main'],
  // sidecars
  ['Always: proxy* main', 'ready | proxy:running', 'start main'],
  ['Always: proxy* setup! main', 'ready | proxy:running', 'init setup'],
  ['Always: proxy* setup! main', 'ready | setup:exited=0 proxy:running', 'start main'],
  ['Always: proxy* main', 'ready | main:running proxy:exited=1', 'init proxy'],
  ['Always: proxy* main', 'ready | main:running', 'init proxy'],
  ['Never: proxy* main', 'ready | main:exited=0 proxy:running', 'kill pod'],
  ['Never: proxy* main', 'ready | main:exited=0 proxy:exited=1', 'kill pod'],
  ['Always: proxy* main', 'ready | main:running proxy:running?', 'kill proxy (other), init proxy'],
])('%s, when there is %s: %s', (pod, runtime, expected) => {
  expect(describeActions(pod, runtime)).toBe(expected);
});

it.each([
  ['Always: main', 'liveness main', 'kill main (liveness), start main'],
  ['Never: main', 'liveness main', 'kill pod, kill main (liveness)'],
  ['Always: main', 'startup main', 'kill main (startup), start main'],
])('%s, when %s fails: %s', (pod, failing, expected) => {
  expect(describeActions(pod, 'ready | main:running', failing)).toBe(expected);
});

it('restarts by exit codes when rules say so', () => {
  const pod = sketchPod('Never: main', {
    containers: [
      {
        name: 'main',
        image: 'busybox',
        restartPolicy: 'Never',
        restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
      },
    ],
  });
  const names = (code: number) =>
    computePodActions(pod, sketchRuntime(`ready | main:exited=${code}`, pod), {
      needsRestart: () => false,
      outcome: () => undefined,
    }).toStart.map(({ name }) => name);
  expect(names(42)).toEqual(['main']);
  expect(names(1)).toEqual([]);
});
