/**
 * The service worker of a preview: answers every fetch of the learner's pages with what the
 * machine's port says. On a preview origin its scope is the whole origin; in path mode it is
 * `/preview/` of the app's own origin.
 */
import { ExchangeClient } from '../features/preview/wire/exchange-client.ts';
import { readMessage, type NeedPort } from '../features/preview/wire/messages.ts';
import {
  previewHost,
  previewPath,
  portOfLearnerUrl,
  readPreviewHost,
  readPreviewPath,
  type PreviewTarget,
} from '../features/preview/wire/preview-address.ts';
import { answer, type Place } from '../features/preview/wire/answer.ts';

declare const self: ServiceWorkerGlobalScope;

/** What this origin stands for; undefined in path mode. */
const host = readPreviewHost(location.host);
const scope = new URL(self.registration.scope);
const client = new ExchangeClient((slot) => void askForPort(slot));

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  const here = readMessage(event.data, 'here-port');
  const [port] = event.ports;
  if (here && port) client.usePort(here.slot, port);
  const cookie = readMessage(event.data, 'page-cookie');
  if (cookie && host && event.source instanceof WindowClient) {
    const { pathname } = new URL(event.source.url);
    const url = learnerUrl(host, pathname);
    event.waitUntil(client.setCookie(host.slot, host.machine, url, cookie.cookie).catch(() => {}));
  }
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  const ours = url.origin === location.origin;
  if (ours && (host ? url.pathname.startsWith('/.drydock/') : isOwnFile(url))) return;
  if (!ours && !mayBeMachine(url)) return;
  event.respondWith(
    locate(event, url).then((place) =>
      place ? answer(event.request, place, client) : fetch(event.request),
    ),
  );
});

async function askForPort(slot: string): Promise<void> {
  const windows = await self.clients.matchAll({ includeUncontrolled: true, type: 'window' });
  for (const window of windows)
    window.postMessage({ drydock: 'need-port', slot } satisfies NeedPort);
}

function isOwnFile(url: URL): boolean {
  return url.pathname.startsWith(scope.pathname) && !readPreviewPath(url.pathname);
}

function learnerUrl({ port }: PreviewTarget, path: string): string {
  return new URL(path, `http://localhost:${port}`).href;
}

/** Cheap first look, because a worker must decide at once whether it answers. */
function mayBeMachine(url: URL): boolean {
  return (
    readPreviewHost(url.host) !== undefined ||
    portOfLearnerUrl(url, host?.machine ?? '') !== undefined
  );
}

/** What a request is about; undefined when it is none of the machine's business. */
async function locate(event: FetchEvent, url: URL): Promise<Place | undefined> {
  const page = host ?? (await targetOfClient(event.clientId));
  const path = url.pathname + url.search;
  if (url.origin === location.origin) {
    if (host) return place(host, host, path);
    const own = readPreviewPath(url.pathname);
    if (own) return place(page ?? own.target, own.target, own.path + url.search);
    return page && place(page, page, path);
  }
  if (!page) return undefined;
  const other = readPreviewHost(url.host);
  if (other) {
    const same =
      other.machine === page.machine && other.slot === page.slot && other.domain === host?.domain;
    return same ? place(page, other, path) : undefined;
  }
  const port = portOfLearnerUrl(url, page.machine);
  return port === undefined ? undefined : place(page, { ...page, port }, path);
}

function place(page: PreviewTarget, target: PreviewTarget, path: string): Place {
  return {
    page,
    target,
    url: learnerUrl(target, path),
    pathMode: host === undefined,
    browserUrl: (port, rest) =>
      host
        ? `${location.protocol}//${previewHost({ ...host, port }, host.domain)}${rest}`
        : new URL(`${previewPath({ ...target, port })}${rest}`, new URL('..', scope)).href,
    pagePath: (address) => {
      const { host: from, pathname, search } = new URL(address);
      const origin = readPreviewHost(from);
      if (host) return origin && { port: origin.port, path: pathname + search };
      const inside = readPreviewPath(pathname);
      return inside && { port: inside.target.port, path: inside.path + search };
    },
  };
}

async function targetOfClient(clientId: string): Promise<PreviewTarget | undefined> {
  const window = clientId === '' ? undefined : await self.clients.get(clientId);
  return window && readPreviewPath(new URL(window.url).pathname)?.target;
}
