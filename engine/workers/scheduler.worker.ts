/** kube-scheduler in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { logDecision } from '../cluster/components/log-decision.ts';
import { HostedScheduler } from '../cluster/hosted-scheduler.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { ConfigurationError } from '../scheduler/configuration/configuration-error.ts';

registerErrorClass('ConfigurationError', ConfigurationError);
const log = new ComponentLog(systemClock, 'scheduler', reportError);
const scheduler = new HostedScheduler(systemClock, cryptoRandom, log.error);
exposeInBrowserWorker(log.with(scheduler, () => void scheduler.onDecision(logDecision(log))));
