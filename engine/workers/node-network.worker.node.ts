/** The network plugin's part that runs on a node, in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedNodeNetwork } from '../cluster/components/hosted-node-network.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

const log = new ComponentLog(systemClock, 'network', toStandardError('drydock-network'));
exposeInNodeWorker(log.with(new HostedNodeNetwork(systemClock, cryptoRandom, log)));
