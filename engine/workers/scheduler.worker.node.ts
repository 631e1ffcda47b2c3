/** kube-scheduler in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedScheduler } from '../cluster/hosted-scheduler.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { ConfigurationError } from '../scheduler/configuration/configuration-error.ts';

registerErrorClass('ConfigurationError', ConfigurationError);
exposeInNodeWorker(
  new HostedScheduler(systemClock, cryptoRandom, (error) =>
    process.stderr.write(
      `kube-scheduler: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    ),
  ),
);
