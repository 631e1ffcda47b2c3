/** kube-controller-manager in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedControllers } from '../cluster/hosted-controllers.ts';
import { UnknownControllerError } from '../controllers/enabled.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

registerErrorClass('UnknownControllerError', UnknownControllerError);
exposeInNodeWorker(
  new HostedControllers(systemClock, cryptoRandom, (error) =>
    process.stderr.write(
      `kube-controller-manager: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    ),
  ),
);
