/** kube-proxy in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedKubeProxy } from '../cluster/components/hosted-kube-proxy.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

const log = new ComponentLog(systemClock, 'proxier', reportError);
exposeInBrowserWorker(log.with(new HostedKubeProxy(systemClock, cryptoRandom, log)));
