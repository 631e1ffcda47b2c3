/** One `docker build`, in a worker thread of Node that its engine starts. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedBuild } from '../docker/builder/build-worker.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

exposeInNodeWorker(new HostedBuild({ clock: systemClock, random: cryptoRandom }));
