/** kube-controller-manager in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedControllers } from '../cluster/hosted-controllers.ts';
import { UnknownControllerError } from '../controllers/enabled.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';

registerErrorClass('UnknownControllerError', UnknownControllerError);
const log = new ComponentLog(systemClock, 'controllermanager', reportError);
exposeInBrowserWorker(
  log.with(new HostedControllers(systemClock, cryptoRandom, log.error, log.info)),
);
