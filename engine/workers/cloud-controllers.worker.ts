/** cloud-controller-manager in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { CloudError } from '../cloud/simulator/cloud-state.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedCloudControllers } from '../cluster/hosted-cloud-controllers.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

const log = new ComponentLog(systemClock, 'cloudcontrollermanager', reportError);
const onError = (error: unknown): void => {
  // What the cloud refuses is told by events.
  if (!(error instanceof CloudError)) log.error(error);
};
exposeInBrowserWorker(
  log.with(new HostedCloudControllers(systemClock, cryptoRandom, onError, log.info)),
);
