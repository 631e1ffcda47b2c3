/**
 * Names of preview hosts and paths, for the page, its workers and the server. Plain JavaScript, because the
 * server runs without a compiler. `preview-address.ts` says what the names are for.
 */
const machine = '(?<machine>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)';
const port = String.raw`(?<port>\d{1,5})`;
const slot = String.raw`t\d+(?:r\d+)?`;
const hostLabels = new RegExp(String.raw`^${machine}-${port}(?:\.(?<slot>${slot}))?$`);
const pathPlace = new RegExp(`/preview/~(?<slot>${slot}|)/${machine}/${port}(?<path>/.*)?$`);
const loopback = new Set(['localhost', '127.0.0.1', '0.0.0.0', '[::1]', '[::]']);

export function isLoopback(hostname) {
  return loopback.has(hostname);
}

export function previewDomain(appHost) {
  const { hostname, port } = new URL(`http://${appHost}`);
  return `preview.${isLoopback(hostname) ? 'localhost' : hostname}${port && `:${port}`}`;
}

export function previewHost({ slot, machine, port }, domain) {
  return `${machine}-${port}${slot && `.${slot}`}.${domain}`;
}

export function readPreviewHost(host) {
  const at = host.indexOf('.preview.');
  const target = at < 0 ? undefined : targetOf(hostLabels.exec(host.slice(0, at)));
  return target && { ...target, domain: host.slice(at + 1) };
}

export function previewPath({ slot, machine, port }) {
  return `preview/~${slot}/${machine}/${port}`;
}

export function readPreviewPath(pathname) {
  const match = pathPlace.exec(pathname);
  const target = targetOf(match);
  return target && { target, path: match.groups.path ?? '/' };
}

function targetOf(match) {
  const { slot = '', machine, port } = match?.groups ?? {};
  if (!(port >= 1 && port <= 65_535)) return undefined;
  return { slot, machine, port: Number(port) };
}
