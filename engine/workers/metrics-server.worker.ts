/** metrics-server in a browser's worker. */
import { systemClock } from '../base/clock.ts';
import { ComponentLog } from '../cluster/component-log.ts';
import { HostedMetricsServer } from '../cluster/components/hosted-metrics-server.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

const log = new ComponentLog(systemClock, 'metrics', reportError);
exposeInBrowserWorker(log.with(new HostedMetricsServer(systemClock, log)));
