/** metrics-server in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedMetricsServer } from '../cluster/components/hosted-metrics-server.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

const log = new ComponentLog(systemClock, 'metrics', toStandardError('metrics-server'));
exposeInNodeWorker(log.with(new HostedMetricsServer(systemClock, log)));
