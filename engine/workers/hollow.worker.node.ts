/** Hollow nodes in a worker thread of Node. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { toStandardError } from '../cluster/components/standard-error.node.ts';
import { HostedHollow } from '../cluster/hosted-hollow.ts';
import { exposeInNodeWorker } from '../rpc/node-worker.node.ts';

exposeInNodeWorker(new HostedHollow(systemClock, cryptoRandom, toStandardError('hollow nodes')));
