/**
 * Addresses of previews. The learner thinks of `http://localhost:8080/path` on a machine; the browser
 * needs a real origin for it. Each (machine, port) gets its own:
 *
 *     http://<machine>-<port>.preview.<host of the app>/path                 first tab with a lab
 *     http://<machine>-<port>.<slot>.preview.<host of the app>/path          further tabs
 *
 * `localhost` needs no name server: browsers resolve every name below it to this computer. A
 * host that has no such names serves a path of the app's own origin instead, where scripts
 * are off (`/preview/~<slot>/<machine>/<port>/path`).
 */
import { isLoopback, previewDomain, previewHost } from './preview-host.mjs';

export { previewHost, previewPath, readPreviewHost, readPreviewPath } from './preview-host.mjs';

/**
 * A port of a machine of one lab. `slot` tells labs in several tabs apart: `''` for the first, then `t2` and so on;
 * `r1` at its end, and so on, is a fresh origin after a page hung in the one before.
 */
export interface PreviewTarget {
  readonly slot: string;
  readonly machine: string;
  readonly port: number;
}

/** Origin of a preview for an app at `appOrigin`. */
export function previewOrigin(appOrigin: string, target: PreviewTarget): string {
  const { protocol, host } = new URL(appOrigin);
  return `${protocol}//${previewHost(target, previewDomain(host))}`;
}

/** The address a learner knows: `http://localhost/` for port 80, else with the port. */
export function learnerOrigin(port: number): string {
  return new URL(`http://localhost:${port}`).origin;
}

/** For the address bar: always with the port, so that it can be seen. */
export function displayAddress(port: number, path: string): string {
  return `http://localhost:${port}${path}`;
}

/**
 * The port of the machine that `url` means, when it is an address of the machine as seen from inside
 * or from its host: any loopback name, or the machine's own name. Only plain HTTP.
 */
export function portOfLearnerUrl(url: URL, machine: string): number | undefined {
  if (url.protocol !== 'http:') return undefined;
  if (!isLoopback(url.hostname) && url.hostname !== machine) return undefined;
  return url.port === '' ? 80 : Number(url.port);
}

/** Where typed text leads: a path, or a whole address of this machine. Undefined when it is another place. */
export function readTypedAddress(
  text: string,
  current: { readonly machine: string; readonly port: number },
): { port: number; path: string } | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('/') && !trimmed.startsWith('//'))
    return { port: current.port, path: trimmed };
  if (/^:\d+/.test(trimmed)) return readTypedAddress(`http://localhost${trimmed}`, current);
  let url: URL;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  } catch {
    return undefined;
  }
  const port = portOfLearnerUrl(url, current.machine);
  return port === undefined ? undefined : { port, path: url.pathname + url.search + url.hash };
}
