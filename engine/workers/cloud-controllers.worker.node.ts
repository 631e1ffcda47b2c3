/** cloud-controller-manager in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { CloudError } from '../cloud/simulator/cloud-state.ts';
import { HostedCloudControllers } from '../cluster/hosted-cloud-controllers.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

exposeInNodeWorker(
  new HostedCloudControllers(systemClock, cryptoRandom, (error) => {
    // What the cloud refuses is told by events.
    if (error instanceof CloudError) return;
    process.stderr.write(
      `cloud-controller-manager: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }),
);
