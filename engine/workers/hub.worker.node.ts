/** The registry in a worker thread of Node. `workerData` is a `HubWorkerData`. */
import { workerData } from 'node:worker_threads';
import { HostedHub } from '../hub/hosted-hub.ts';
import type { HubWorkerData } from '../hub/hub-worker-data.ts';
import { nodeHubOptions } from '../hub/node-hub-options.node.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

exposeInNodeWorker(new HostedHub({ options: () => nodeHubOptions(workerData as HubWorkerData) }));
