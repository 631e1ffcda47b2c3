import { expect, it } from 'vitest';
import type { ClusterNodeState } from '../../../engine/api/cluster.ts';
import { nodeShare, nodeWords } from './node-words.ts';

const node: ClusterNodeState = {
  name: 'worker-1',
  ip: '10.0.0.12',
  role: 'worker',
  machine: { kind: 'running' },
  kubelet: 'running',
  plugged: true,
  delay: 0,
  ready: true,
  components: [],
};

it.each<[Partial<ClusterNodeState>, string, number]>([
  [{}, 'Ready', 1],
  [{ ready: undefined, kubelet: 'starting' }, 'kubelet starting', 0.6],
  [{ ready: false, plugged: false }, 'NotReady, cable pulled', 0.8],
  [{ delay: 300 }, 'Ready, slow cable', 1],
  [{ ready: false, machine: { kind: 'paused' } }, 'NotReady, frozen', 0.8],
  [{ ready: false, machine: { kind: 'stopped' }, kubelet: 'absent' }, 'the machine is off', 0.6],
  [
    {
      ready: undefined,
      machine: {
        kind: 'starting',
        progress: { phase: 'restoring', text: 'Restoring', done: 1, total: 2 },
      },
    },
    'restoring',
    0.25,
  ],
])('tells how a node is: %j', (change, words, share) => {
  expect(nodeWords({ ...node, ...change })).toBe(words);
  expect(nodeShare({ ...node, ...change })).toBe(share);
});
