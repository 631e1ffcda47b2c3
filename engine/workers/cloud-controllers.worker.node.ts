/** cloud-controller-manager in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { CloudError } from '../cloud/simulator/cloud-state.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { HostedCloudControllers } from '../cluster/hosted-cloud-controllers.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

const log = new ComponentLog(
  systemClock,
  'cloudcontrollermanager',
  toStandardError('cloud-controller-manager'),
);
const onError = (error: unknown): void => {
  // What the cloud refuses is told by events.
  if (!(error instanceof CloudError)) log.error(error);
};
exposeInNodeWorker(
  log.with(new HostedCloudControllers(systemClock, cryptoRandom, onError, log.info)),
);
