/** kube-controller-manager in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { HostedControllers } from '../cluster/hosted-controllers.ts';
import { UnknownControllerError } from '../controllers/enabled.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

registerErrorClass('UnknownControllerError', UnknownControllerError);
const log = new ComponentLog(
  systemClock,
  'controllermanager',
  toStandardError('kube-controller-manager'),
);
exposeInNodeWorker(log.with(new HostedControllers(systemClock, cryptoRandom, log.error, log.info)));
