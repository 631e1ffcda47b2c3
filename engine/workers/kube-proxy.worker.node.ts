/** kube-proxy in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedKubeProxy } from '../cluster/components/hosted-kube-proxy.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

const log = new ComponentLog(systemClock, 'proxier', toStandardError('kube-proxy'));
exposeInNodeWorker(log.with(new HostedKubeProxy(systemClock, cryptoRandom, log)));
