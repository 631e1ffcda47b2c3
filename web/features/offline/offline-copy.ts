/** The copy of the app and of its machines in this browser, from which a service worker serves when there is no network. */
import { offlineParts, type OfflineParts } from '../../../engine/cluster/index.ts';
import {
  appFiles,
  copyRecord,
  planCopy,
  type AppFiles,
  type CopyRecord,
  type PartName,
} from './copy-plan.ts';
import { inParallel } from './in-parallel.ts';

const base = new URL('./', location.href).href;
/** The service worker has it by the same name. */
const CACHE = 'drydock-offline';
const RECORD = 'offline-copy.json';
/** files fetched at the same time */
const AT_ONCE = 6;

/** What can be copied, with sizes. */
export interface Offer {
  readonly app: AppFiles;
  readonly parts: OfflineParts;
}

/** Why no copy can be made here; undefined when one can. */
export function whyNotOffline(): string | undefined {
  if ('serviceWorker' in navigator && 'caches' in globalThis) return undefined;
  return isSecureContext
    ? 'This browser gives the page no storage for that, as private windows do. Open it in an ordinary window.'
    : 'Browsers allow this only for pages that come over HTTPS, or from this computer.';
}

/** Asks the server what there is. Rejects without a network. */
export async function readOffer(): Promise<Offer> {
  const [app, parts] = await Promise.all([readAppFiles(), offlineParts()]);
  return { app, parts };
}

/** What the server has of the app now. */
async function readAppFiles(): Promise<AppFiles> {
  const response = await fetch(new URL('offline.json', base), { cache: 'no-cache' });
  if (!response.ok) throw new Error(`The server answered ${response.status} for offline.json.`);
  return appFiles.parse(await response.json());
}

/** The copy that is there, if it is whole. */
export async function readCopy(): Promise<CopyRecord | undefined> {
  if (whyNotOffline() !== undefined) return undefined;
  try {
    const found = await (await caches.open(CACHE)).match(new URL(RECORD, base));
    return found && copyRecord.parse(await found.json());
  } catch {
    return undefined;
  }
}

/** Whether the server has another version of the app than the copy; false when it cannot be asked. */
export async function isOutdated({ version }: CopyRecord): Promise<boolean> {
  if (!navigator.onLine) return false;
  try {
    return (await readAppFiles()).version !== version;
  } catch {
    return false;
  }
}

export interface CopyProgress {
  readonly done: number;
  /** files that were not there already */
  readonly total: number;
}

/**
 * Makes the copy, or brings it up to date. What was fetched stays when this is broken off, and is not fetched again; the
 * copy that was there before works on until the new one is whole. `onProgress` is not called any more after it rejected.
 * @throws DOMException QuotaExceededError, AbortError; Error for a file that cannot be fetched
 */
export async function makeCopy(
  { app, parts }: Offer,
  chosen: readonly PartName[],
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<CopyRecord> {
  await navigator.storage?.persist?.().catch(() => false);
  const cache = await caches.open(CACHE);
  const wanted = [
    ...app.files.map(({ path }) => path),
    ...chosen.flatMap((name) => parts[name].paths),
  ];
  const plan = planCopy(wanted, await presentPaths(cache));
  const total = plan.lasting.length + plan.changing.length;
  let done = 0;
  const fetchOne = async (
    path: string,
    stop: AbortSignal,
  ): Promise<readonly [string, Response]> => {
    // The page itself has the address of its folder: hosts may answer its file's name with a redirect.
    const url = new URL(path === 'index.html' ? './' : path, base);
    const cacheMode = plan.changing.includes(path) ? 'no-cache' : 'default';
    const response = await fetch(url, { signal: stop, cache: cacheMode });
    if (!response.ok) throw new Error(`The server answered ${response.status} for ${path}.`);
    onProgress({ done: ++done, total });
    return [url.href, response];
  };
  onProgress({ done, total });
  const way = { atOnce: AT_ONCE, signal };
  await inParallel(plan.lasting, way, async (path, stop) => {
    const [url, response] = await fetchOne(path, stop);
    await cache.put(url, response);
  });
  const changing: (readonly [string, Response])[] = [];
  await inParallel(plan.changing, way, async (path, stop) => {
    const [url, response] = await fetchOne(path, stop);
    // Held here as a whole, and without the mark of a redirect, which pages must not have.
    const content = await response.blob();
    changing.push([url, new Response(content, { headers: response.headers })]);
  });
  const bytes =
    app.files.reduce((sum, { size }) => sum + size, 0) +
    chosen.reduce((sum, name) => sum + parts[name].bytes, 0);
  const record: CopyRecord = { version: app.version, parts: [...chosen], bytes };
  for (const [url, response] of changing) await cache.put(url, response);
  await cache.put(new URL(RECORD, base), Response.json(record));
  await removeOthers(cache, new Set(wanted));
  await startWorkers();
  return record;
}

/** Takes the copy away. The app is fetched from its server again. */
export async function removeCopy(): Promise<void> {
  await caches.delete(CACHE);
  const registration = await navigator.serviceWorker.getRegistration(base);
  if (registration?.scope === base) await registration.unregister();
}

/** That of the copy, and the one of previews, which has to be there before the network is gone. */
async function startWorkers(): Promise<void> {
  const register = (file: string, scope: string) =>
    navigator.serviceWorker.register(new URL(file, base), {
      scope: new URL(scope, base).pathname,
      updateViaCache: 'none',
    });
  await register('offline-worker.js', './');
  await register('preview/worker.js', 'preview/');
}

async function presentPaths(cache: Cache): Promise<Set<string>> {
  const requests = await cache.keys();
  return new Set(requests.map(({ url }) => pathOf(url)));
}

async function removeOthers(cache: Cache, wanted: ReadonlySet<string>): Promise<void> {
  for (const request of await cache.keys()) {
    const path = pathOf(request.url);
    if (path !== RECORD && !wanted.has(path)) await cache.delete(request);
  }
}

function pathOf(url: string): string {
  return url === base ? 'index.html' : url.slice(base.length);
}
