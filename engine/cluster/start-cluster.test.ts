import { expose } from 'comlink';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { startCluster } from './cluster.node.ts';

it('leaves nothing behind when a component does not start', async () => {
  const data = await mkdtemp(path.join(tmpdir(), 'drydock-start-'));
  const ended: string[] = [];
  /** A worker that only says that it has begun, or why it has not. */
  const worker = (name: string, failure?: string) => (): WorkerLink => {
    const { port1, port2 } = new MessageChannel();
    const begin = async (): Promise<void> => {
      if (failure !== undefined) throw new Error(failure);
    };
    expose({ start: begin, stop: async () => {} }, port2);
    port2.postMessage({ drydock: 'ready' });
    return {
      endpoint: port1 as WorkerLink['endpoint'],
      onDeath: () => ({ dispose: () => {} }),
      terminate() {
        ended.push(name);
        port1.close();
        return Promise.resolve();
      },
    };
  };
  const start = () =>
    startCluster({
      port: 0,
      data,
      hollow: 0,
      hollowReadyAfter: 0,
      spawn: {
        scheduler: worker('scheduler'),
        controllers: worker('controllers', 'No controllers today.'),
        hollow: worker('hollow'),
      },
      onError: () => {},
    });
  // The directory is not locked, either, when it is tried again.
  for (const end of ['first', 'second']) {
    await expect(start(), end).rejects.toThrow('No controllers today.');
    expect(ended.splice(0)).toEqual(['controllers', 'scheduler']);
  }
  await rm(data, { recursive: true });
});
