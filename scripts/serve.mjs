/**
 * Serves the built app: `build/web`, the guest's artifacts below `/guest/`, prepared states
 * below `/states/`. On hosts `*.preview.localhost` it serves what a preview starts with
 * (`build/web/preview`); everything else there is answered by its service worker.
 */
import { createReadStream, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { root } from './bootstrap.mjs';

const webRoot = path.join(root, 'build', 'web');

const types = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};
const compressible = new Set(['.css', '.html', '.js', '.json', '.map', '.mjs', '.svg', '.ttf', '.wasm', '.webmanifest']);

/** Files whose name carries a hash of their content never change. */
const hashedName = /[\\/]build[\\/]web[\\/]assets[\\/]|[-._\\/][0-9a-f]{12,64}(?:[-._\\/]|$)/;

/** Longer than any state takes to compress, shorter than a stuck client should hold a socket. */
const headersTimeoutMs = 20_000;

const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/**
 * The app's policy. Scripts come from the app's origin only, with WebAssembly and without eval.
 * Styles may be inline, because the terminal and the editor make theirs at run time. `blob:`
 * workers are the emulator's timer.
 */
function appPolicy(host) {
  const { hostname, port } = new URL(`http://${host}`);
  const loopback = ['localhost', '127.0.0.1', '[::1]', '0.0.0.0'].includes(hostname);
  const previews = `*.preview.${loopback ? 'localhost' : hostname}${port && `:${port}`}`;
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    `frame-src 'self' ${previews}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ');
}

/** Whether a `Host` header names the origin of a preview. */
function isPreviewHost(host) {
  return /^[^.:]+(?:\.t\d+)?\.preview\./.test(host);
}

/** Policy of the preview's own few pages: only the app and other previews may frame them. */
function previewPolicy(host) {
  const app = host.replace(/^.*?\.preview\./, '');
  const [name, port = ''] = app.split(/(?=:\d+$)/);
  const ancestors =
    name === 'localhost'
      ? `http://localhost${port} http://127.0.0.1${port} http://[::1]${port} http://*.preview.${app}`
      : `https://${app} https://*.preview.${app}`;
  return `default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; worker-src 'self'; connect-src 'self'; frame-ancestors ${ancestors}`;
}

const compressed = new Map();

/** The file's bytes in the best encoding the browser takes; kept in memory, for these are few and small. */
async function compress(file, version, accepted) {
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : undefined;
  if (!encoding) return undefined;
  const key = `${encoding} ${version} ${file}`;
  let body = compressed.get(key);
  if (!body) {
    const bytes = await readFile(file);
    const quality = { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    body = encoding === 'br' ? promisify(brotliCompress)(bytes, { params: quality }) : promisify(gzip)(bytes);
    compressed.set(key, body);
  }
  return { encoding, body: await body };
}

/** First and last byte of a single `bytes=` range; null when it cannot be satisfied, undefined without one. */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, from, to] = match;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end || start >= size ? null : { start, end };
}

/** Where a path leads: a directory and the path below it. */
function locate(host, pathname) {
  if (isPreviewHost(host)) {
    const own = /^\/\.drydock\/(.+)$/.exec(pathname)?.[1];
    return { directory: path.join(webRoot, 'preview'), file: own ?? 'index.html' };
  }
  for (const [prefix, directory] of [
    ['/guest/', path.join(root, 'engine', 'guest', 'dist')],
    ['/states/', path.join(root, 'build', 'states')],
  ]) {
    if (pathname.startsWith(prefix)) return { directory, file: pathname.slice(prefix.length) };
  }
  return { directory: webRoot, file: pathname.slice(1) };
}

function fail(response, status, text) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...securityHeaders });
  response.end(`${text}\n`);
}

async function answer(request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    fail(response, 405, 'Only GET and HEAD are served here.');
    return;
  }
  const host = request.headers.host ?? 'localhost';
  let pathname;
  try {
    pathname = decodeURIComponent(new URL(request.url ?? '/', `http://${host}`).pathname);
  } catch {
    fail(response, 400, 'That is not an address.');
    return;
  }
  const { directory, file } = locate(host, pathname);
  let target = path.join(directory, file);
  const inside = target === directory || target.startsWith(directory + path.sep);
  if (!inside || pathname.includes('\0') || path.basename(target).startsWith('.')) {
    fail(response, 404, 'There is nothing here.');
    return;
  }
  let info = await stat(target).catch(() => undefined);
  if (info?.isDirectory()) {
    target = path.join(target, 'index.html');
    info = await stat(target).catch(() => undefined);
  }
  if (!info?.isFile()) {
    fail(response, 404, 'There is nothing here.');
    return;
  }
  await send(request, response, { target, info, host });
}

async function send(request, response, { target, info, host }) {
  const extension = path.extname(target);
  const version = `${info.size.toString(36)}-${Math.trunc(info.mtimeMs).toString(36)}`;
  const etag = `"${version}"`;
  const headers = {
    'Content-Type': types[extension] ?? 'application/octet-stream',
    'Cache-Control': hashedName.test(target.slice(root.length)) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: etag,
    'Accept-Ranges': 'bytes',
    Vary: 'Accept-Encoding',
    ...securityHeaders,
    ...(isPreviewHost(host)
      ? { 'Service-Worker-Allowed': '/', 'Content-Security-Policy': previewPolicy(host) }
      : {
          'Content-Security-Policy': appPolicy(host),
          'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
          'Cross-Origin-Resource-Policy': 'same-origin',
        }),
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = parseRange(request.headers.range, info.size);
  if (range === null) {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${info.size}` }).end();
    return;
  }
  if (!range && compressible.has(extension)) {
    const result = await compress(target, version, request.headers['accept-encoding'] ?? '');
    if (result) {
      response.writeHead(200, { ...headers, 'Content-Encoding': result.encoding, 'Content-Length': result.body.length });
      response.end(request.method === 'HEAD' ? undefined : result.body);
      return;
    }
  }
  const { start, end } = range ?? { start: 0, end: info.size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': end - start + 1,
    ...(range ? { 'Content-Range': `bytes ${start}-${end}/${info.size}` } : {}),
  });
  if (request.method === 'HEAD' || info.size === 0) {
    response.end();
    return;
  }
  const stream = createReadStream(target, { start, end });
  stream.once('error', () => response.destroy());
  response.once('close', () => stream.destroy());
  stream.pipe(response);
}

/**
 * Starts the server on this computer only. Resolves to the app's `url` and a `close` that ends it.
 * `port` 0 takes a free one. Rejects when the port is taken.
 */
export async function serve({ port, onListening }) {
  if (!existsSync(path.join(webRoot, 'index.html'))) throw new Error('The app is not built yet.');
  const server = createServer((request, response) => {
    answer(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else fail(response, 500, 'The server could not read that file.');
    });
  });
  server.headersTimeout = headersTimeoutMs;
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const url = `http://localhost:${address.port}/`;
  onListening?.(url);
  return {
    url,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
