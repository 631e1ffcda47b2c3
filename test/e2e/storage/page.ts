/** The page of storage.e2e.ts: what only a browser can show of storages. */
import { systemClock } from '../../../engine/base/clock.ts';
import { spawnBrowserEtcd } from '../../../engine/cluster/etcd/browser-etcd.ts';
import { EtcdKeeper } from '../../../engine/cluster/etcd/etcd-keeper.ts';
import type { WorkerLink } from '../../../engine/rpc/worker-link.ts';
import type { CaseResult } from './contract.worker.ts';

declare global {
  interface Window {
    runContract(): Promise<readonly CaseResult[]>;
    killEtcd(): Promise<{ acknowledged: number; found: number; wrong: number; workers: number }>;
  }
}

window.runContract = () => {
  const worker = new Worker(new URL('./contract.worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', (event: MessageEvent<readonly CaseResult[]>) =>
      resolve(event.data),
    );
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
  });
};

/** Ends an etcd's worker in the middle of writes, and looks what the next one has. */
window.killEtcd = async () => {
  const links: WorkerLink[] = [];
  const etcd = new EtcdKeeper({
    spawn: () => {
      const link = spawnBrowserEtcd();
      links.push(link);
      return link;
    },
    name: 'killed',
    clock: systemClock,
  });
  await etcd.start();
  const acknowledged: number[] = [];
  const write = async (index: number): Promise<void> => {
    const value = new TextEncoder().encode(`value ${index}`);
    await etcd.put({ key: `key${index}`, value }).then(
      () => acknowledged.push(index),
      () => {},
    );
    if (acknowledged.length === 150) await links[0]?.terminate();
  };
  for (let batch = 0; batch < 30; batch++)
    await Promise.all(Array.from({ length: 10 }, (_value, index) => write(batch * 10 + index)));
  const { kvs } = await etcd.range({ key: 'key', rangeEnd: 'kez' });
  const found = new Map(kvs.map(({ key, value }) => [key, new TextDecoder().decode(value)]));
  const wrong = acknowledged.filter((index) => found.get(`key${index}`) !== `value ${index}`);
  await etcd.close();
  return {
    acknowledged: acknowledged.length,
    found: found.size,
    wrong: wrong.length,
    workers: links.length,
  };
};
