/**
 * Serves the copy that the page has made of itself. What never changes comes from the copy, everything else from the
 * network as long as there is one: an app that was updated is the new one at once. It keeps nothing by itself.
 */
import { isHashed } from '../features/offline/hashed-name.ts';

declare const self: ServiceWorkerGlobalScope;

/** The page fills it. */
const CACHE = 'drydock-offline';
const scope = self.registration.scope;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { method, url, cache, headers } = event.request;
  if (method !== 'GET' || !url.startsWith(scope)) return;
  const path = new URL(url).pathname.slice(new URL(scope).pathname.length);
  // Previews have a service worker of their own. Who asks for a part, or past caches, asks the network.
  if (path.startsWith('preview/')) return;
  const direct = cache === 'reload' || cache === 'no-store';
  if (isHashed(path) && !direct) event.respondWith(fromCopyFirst(event.request));
  else if (!headers.has('range')) event.respondWith(fromNetworkFirst(event.request));
});

async function fromCopyFirst(request: Request): Promise<Response> {
  return (await inCopy(request)) ?? fetch(request);
}

async function fromNetworkFirst(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await inCopy(request);
    if (found === undefined) throw error;
    return found;
  }
}

async function inCopy(request: Request): Promise<Response | undefined> {
  // The page has more addresses than one: those that end in its file's name, or have a query.
  const url = request.mode === 'navigate' ? scope : request.url;
  return caches.match(url, { cacheName: CACHE, ignoreVary: true });
}
