import { expect, it } from 'vitest';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { MachineCluster } from './machine-cluster.ts';
import { WorkerLab } from './lab.ts';

const clock = new FakeClock();
const spawn = (): never => {
  throw new Error('Nothing is started here.');
};

/** Notes what is removed, and whose worker is to stay; the machine of the control plane does not end. */
class NotedLab extends WorkerLab {
  readonly removed: string[] = [];

  override async removeMachine(name: string, forSuccessor?: boolean): Promise<void> {
    this.removed.push(`${name} ${String(forSuccessor)}`);
    if (name === 'control-plane') throw new Error('It does not end.');
  }
}

it('ends for its successor all the same when a part of it does not end', async () => {
  const lab = new NotedLab({ spawnMachine: spawn, spawnDocker: spawn, spawnHub: spawn, clock });
  const errors: unknown[] = [];
  const cluster = new MachineCluster({
    nodes: 2,
    lab,
    host: {
      clock,
      random: new SeededRandom(1),
      spawnKubelet: spawn,
      spawnComponent: {
        etcd: spawn,
        'kube-apiserver': spawn,
        'kube-controller-manager': spawn,
        'kube-scheduler': spawn,
        'cloud-controller-manager': spawn,
        'kube-proxy': spawn,
        'drydock-network': spawn,
        'metrics-server': spawn,
      },
    },
    onError: (error) => errors.push(error),
  });
  await cluster.close(true);
  expect(lab.removed).toEqual(['control-plane true', 'worker-1 true']);
  expect(errors).toEqual([new Error('It does not end.')]);
});
