/** kube-apiserver in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedApiServer } from '../cluster/components/hosted-api-server.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

const log = new ComponentLog(systemClock, 'apiserver', reportError);
exposeInBrowserWorker(log.with(new HostedApiServer(systemClock, cryptoRandom, log)));
