/** The network plugin's part that runs on a node, in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedNodeNetwork } from '../cluster/components/hosted-node-network.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

const log = new ComponentLog(systemClock, 'network', reportError);
exposeInBrowserWorker(log.with(new HostedNodeNetwork(systemClock, cryptoRandom, log)));
