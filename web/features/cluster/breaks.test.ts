import { expect, it } from 'vitest';
import type { ClusterNodeState } from '../../../engine/api/cluster.ts';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { expectations, nothingBroken, readBreaks, setFull, setStopped } from './breaks.ts';

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

/** A machine whose commands print this. */
function machineOf(stdout: string, code = 0) {
  const scripts: string[] = [];
  const run: LabMachine['run'] = ([, , script = '']) => {
    scripts.push(script);
    return Promise.resolve({ exit: { code, finishedAt: 0 }, stdout, stderr: 'mv: no such file\n' });
  };
  return { machine: { run } as LabMachine, scripts };
}

it('expects nothing of what is whole', () => {
  expect(expectations(node, nothingBroken)).toEqual([]);
});

it('says what to expect of each thing that is broken, and how to undo it', () => {
  const broken = { ...node, machine: { kind: 'paused' }, plugged: false, delay: 300 } as const;
  const inside = { stopped: ['kube-scheduler'], isFull: true } as const;
  const sentences = expectations(broken, inside);
  expect(sentences).toHaveLength(5);
  for (const sentence of sentences) expect(sentence).toMatch(/undo it/);
  expect(expectations({ ...node, machine: { kind: 'stopped' } }, nothingBroken)[0]).toContain(
    'Replace it',
  );
});

it('expects of a control plane’s machine what it takes with it, or does not', () => {
  const all = (role: ClusterNodeState['role']) => {
    const of = (more: Partial<ClusterNodeState>) =>
      expectations({ ...node, role, ...more }, nothingBroken).join(' ');
    return {
      stopped: of({ machine: { kind: 'stopped' } }),
      paused: of({ machine: { kind: 'paused' } }),
      unplugged: of({ plugged: false }),
      slow: of({ delay: 300 }),
    };
  };
  const worker = all('worker');
  for (const lost of [worker.stopped, worker.paused, worker.unplugged])
    expect(lost).toContain('worker-1 is NotReady');
  expect(worker.slow).toMatch(/300 ms.*its kubelet asks/);
  const controlPlane = all('control-plane');
  for (const gone of [controlPlane.stopped, controlPlane.paused])
    expect(gone).toContain('no node is marked NotReady');
  expect(controlPlane.stopped).toContain('Replace it');
  expect(controlPlane.unplugged).toMatch(/this node stays Ready.*the workers are NotReady/);
  expect(controlPlane.slow).toMatch(/300 ms.*workers ask.*as fast as before/);
});

it('finds what was broken inside before', async () => {
  const { machine } = machineOf(
    '/var/lib/drydock-fills-the-disk\n\n/etc/kubernetes/stopped:\netcd.yaml\n',
  );
  expect(await readBreaks(machine)).toEqual({ stopped: ['etcd'], isFull: true });
  expect(await readBreaks(machineOf('', 2).machine)).toEqual(nothingBroken);
});

it('moves a manifest away and back, and tells when that fails', async () => {
  const { machine, scripts } = machineOf('');
  await setStopped(machine, 'etcd', true);
  await setStopped(machine, 'etcd', false);
  await setFull(machine, false);
  expect(scripts).toEqual([
    'mkdir -p /etc/kubernetes/stopped && mv /etc/kubernetes/manifests/etcd.yaml /etc/kubernetes/stopped/',
    'mkdir -p /etc/kubernetes/manifests && mv /etc/kubernetes/stopped/etcd.yaml /etc/kubernetes/manifests/',
    'rm -f /var/lib/drydock-fills-the-disk',
  ]);
  await expect(setStopped(machineOf('', 1).machine, 'etcd', true)).rejects.toThrow(
    'mv: no such file',
  );
});
