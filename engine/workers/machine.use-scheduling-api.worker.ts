/**
 * A machine in a browser's worker. v86 looks for `use-scheduling-api` in the worker's address: with it,
 * it starts no nested worker to yield through. The file's name survives bundling, so that is where it stands.
 */
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { FetchArtifactSource } from '../machine/artifacts/fetch-artifact-source.ts';
import { CachedDownloads } from '../machine/artifacts/partial-downloads.ts';
import { HostedMachine } from '../machine/machine-service.ts';
import { exposeInBrowserWorker } from '../rpc/browser-worker.ts';

/** Made when the page is built (engine/cluster/browser-emulator.node.ts). */
const wasmUrl = new URL('../../build/emulator/v86.wasm', import.meta.url);

exposeInBrowserWorker(
  new HostedMachine(({ artifacts }) => ({
    source: new FetchArtifactSource(artifacts ?? new URL('/', location.origin).href, {
      clock: systemClock,
      // Absent where the page is not served securely.
      ...('caches' in self ? { partial: new CachedDownloads(caches) } : {}),
    }),
    wasm: () => WebAssembly.compileStreaming(fetch(wasmUrl)),
    clock: systemClock,
    random: cryptoRandom,
    warmUp: true,
    onCrash(error) {
      reportError(error);
      close();
    },
  })),
);
