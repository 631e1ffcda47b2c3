/** One `docker build`, in a browser's worker that its engine starts. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedBuild } from '../docker/builder/build-worker.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

exposeInBrowserWorker(new HostedBuild({ clock: systemClock, random: cryptoRandom }));
