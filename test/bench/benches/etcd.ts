import type { ClosableEtcd, EtcdHost } from '../../../engine/api/etcd.ts';
import { connectPort, connectWorker } from '../../../engine/rpc/rpc-client.ts';
import { prove, type Bench, type BenchHost, type Sample } from '../bench.ts';

/** Clients that write at once: a busy control plane. */
const WRITERS = 100;
const WRITES = 5000;
const ROUNDS = 5;
/** Bytes of a Lease or a small ConfigMap; a Pod has ten times as many. */
const VALUE_BYTES = 300;
const KEYS = 100_000;
const RECOVERIES = 5;

interface Opened {
  readonly etcd: ClosableEtcd;
  /** milliseconds it took to take up what was kept */
  readonly opening: number;
  close(): Promise<void>;
}

async function open(host: BenchHost, name: string): Promise<Opened> {
  const worker = await connectWorker<EtcdHost>(host.spawnEtcd());
  const start = performance.now();
  const { service: etcd } = connectPort<ClosableEtcd>(await worker.service.open(name, true));
  const opening = performance.now() - start;
  return {
    etcd,
    opening,
    async close() {
      await etcd.close();
      await worker.dispose();
    },
  };
}

/** Writes `count` keys, `WRITERS` at a time. Returns milliseconds. */
async function write(etcd: ClosableEtcd, count: number): Promise<number> {
  const value = new Uint8Array(VALUE_BYTES).fill(120);
  const start = performance.now();
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) await etcd.put({ key: `/registry/leases/key-${next++}`, value });
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  return performance.now() - start;
}

/** Durable writes a second, asked of a worker by many at once. */
export const etcdPut: Bench = {
  name: 'etcd-put',
  unit: '/s',
  async run(host) {
    const { etcd, close } = await open(host, 'put');
    const samples: Sample[] = [];
    await write(etcd, WRITES);
    for (let round = 0; round < ROUNDS; round++)
      samples.push({ value: WRITES / ((await write(etcd, WRITES)) / 1000) });
    prove((await etcd.status()).header.revision === 1 + WRITES * (ROUNDS + 1), 'a write is lost');
    await close();
    return samples;
  },
};

/** From the storage to the first answer, with 100,000 keys in it. */
export const etcdRecover: Bench = {
  name: 'etcd-recover-100000',
  unit: 'ms',
  async run(host) {
    const first = await open(host, 'recover');
    await write(first.etcd, KEYS);
    await first.close();
    const samples: Sample[] = [];
    for (let round = 0; round < RECOVERIES; round++) {
      const { etcd, opening, close } = await open(host, 'recover');
      const { count } = await etcd.range({ key: '\0', rangeEnd: '\0', countOnly: true });
      prove(count === KEYS, `${count} of ${KEYS} keys were found`);
      samples.push({ value: opening });
      await close();
    }
    return samples;
  },
};
