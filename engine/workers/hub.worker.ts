/** The registry in a browser's worker. What is pushed is kept in the origin's private file system. */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { HostedHub } from '../hub/hosted-hub.ts';
import { fetchSource } from '../hub/hub-source.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';
import { openBrowserStorage } from '../storage/browser-storage.ts';

exposeInBrowserWorker(
  new HostedHub({
    options: async (artifacts) => ({
      source: fetchSource(
        new URL('guest/images/', artifacts ?? new URL('/', location.origin)).href,
      ),
      storage: await openBrowserStorage('drydock-hub', reportError),
      clock: systemClock,
      random: cryptoRandom,
      onError: reportError,
    }),
  }),
);
