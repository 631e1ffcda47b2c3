/** kube-scheduler in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { logDecision } from '../cluster/components/log-decision.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { HostedScheduler } from '../cluster/hosted-scheduler.ts';
import { registerErrorClass } from '../rpc/error-codec.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';
import { ConfigurationError } from '../scheduler/configuration/configuration-error.ts';

registerErrorClass('ConfigurationError', ConfigurationError);
const log = new ComponentLog(systemClock, 'scheduler', toStandardError('kube-scheduler'));
const scheduler = new HostedScheduler(systemClock, cryptoRandom, log.error);
exposeInNodeWorker(log.with(scheduler, () => void scheduler.onDecision(logDecision(log))));
