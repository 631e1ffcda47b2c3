/** A machine in a worker thread of Node. `workerData` is a `GuestDirectories`. */
import { workerData } from 'node:worker_threads';
import type { GuestDirectories } from '../machine/worker/guest-directories.node.ts';
import { nodeMachineHost } from '../machine/worker/node-machine-host.node.ts';
import { HostedMachine } from '../machine/machine-service.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

exposeInNodeWorker(new HostedMachine(() => nodeMachineHost(workerData as GuestDirectories)));
