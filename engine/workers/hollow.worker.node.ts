/** Hollow nodes in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedHollow } from '../cluster/hosted-hollow.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

exposeInNodeWorker(
  new HostedHollow(systemClock, cryptoRandom, (error) =>
    process.stderr.write(`hollow nodes: ${String(error)}\n`),
  ),
);
