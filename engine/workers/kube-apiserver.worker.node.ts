/** kube-apiserver in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedApiServer } from '../cluster/components/hosted-api-server.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

const log = new ComponentLog(systemClock, 'apiserver', toStandardError('kube-apiserver'));
exposeInNodeWorker(log.with(new HostedApiServer(systemClock, cryptoRandom, log)));
