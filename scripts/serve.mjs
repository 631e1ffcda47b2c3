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
import { headerPolicy } from '../web/app/policy.mjs';
import { isLoopback, readPreviewHost } from '../web/features/preview/wire/preview-host.mjs';
import { root, SetupError } from './bootstrap.mjs';

/** Where files are: the built app, the guest's artifacts, prepared states. */
const ownDirectories = {
  web: path.join(root, 'build', 'web'),
  guest: path.join(root, 'engine', 'guest', 'dist'),
  states: path.join(root, 'build', 'states'),
};

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
const compressible = new Set([
  '.css',
  '.html',
  '.js',
  '.json',
  '.map',
  '.mjs',
  '.svg',
  '.ttf',
  '.wasm',
  '.webmanifest',
]);

/** Files whose name carries a hash of their content never change. */
const hashedName = /^\/assets\/|[-._/][0-9a-f]{12,64}(?:[-._/]|$)/;

const securityHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/**
 * Where a page opened under a loopback address goes on: to a name that is same-site with the
 * previews, without which browsers treat their workers as a third party's. Undefined for
 * other requests, and for browsers that cannot resolve names below `localhost`.
 */
function sameSiteAddress(request) {
  const { host = '', 'sec-fetch-dest': destination, 'user-agent': browser = '' } = request.headers;
  const { hostname, port } = new URL(`http://${host}`);
  if (destination !== 'document' || !isLoopback(hostname) || !/Chrome\/|Firefox\//.test(browser))
    return undefined;
  return `http://drydock.localhost${port && `:${port}`}${request.url}`;
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
    const quality = {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    body =
      encoding === 'br'
        ? promisify(brotliCompress)(bytes, { params: quality })
        : promisify(gzip)(bytes);
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
function locate(directories, host, pathname) {
  if (readPreviewHost(host)) {
    const own = /^\/\.drydock\/(.+)$/.exec(pathname)?.[1];
    return { directory: path.join(directories.web, 'preview'), file: own ?? 'index.html' };
  }
  for (const name of ['guest', 'states']) {
    const prefix = `/${name}/`;
    if (pathname.startsWith(prefix))
      return { directory: directories[name], file: pathname.slice(prefix.length) };
  }
  return { directory: directories.web, file: pathname.slice(1) };
}

function fail(response, status, text) {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    ...securityHeaders,
  });
  response.end(`${text}\n`);
}

async function answer(directories, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    fail(response, 405, 'Only GET and HEAD are served here.');
    return;
  }
  const host = request.headers.host ?? 'localhost';
  let pathname;
  try {
    const address = sameSiteAddress(request);
    if (address) {
      response.writeHead(302, { Location: address, 'Cache-Control': 'no-store' }).end();
      return;
    }
    pathname = decodeURIComponent(new URL(request.url ?? '/', `http://${host}`).pathname);
  } catch {
    fail(response, 400, 'That is not an address.');
    return;
  }
  const { directory, file } = locate(directories, host, pathname);
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
  await send(request, response, { target, info, host, pathname });
}

async function send(request, response, { target, info, host, pathname }) {
  const extension = path.extname(target);
  const version = `${info.size.toString(36)}-${Math.trunc(info.mtimeMs).toString(36)}`;
  const etag = `"${version}"`;
  const headers = {
    'Content-Type': types[extension] ?? 'application/octet-stream',
    'Cache-Control': hashedName.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache',
    ETag: etag,
    'Accept-Ranges': 'bytes',
    Vary: 'Accept-Encoding',
    ...securityHeaders,
    ...(readPreviewHost(host)
      ? { 'Service-Worker-Allowed': '/', 'Origin-Agent-Cluster': '?1' }
      : {
          'Content-Security-Policy': headerPolicy(host),
          'Origin-Agent-Cluster': '?1',
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
      response.writeHead(200, {
        ...headers,
        'Content-Encoding': result.encoding,
        'Content-Length': result.body.length,
      });
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

/** Answers requests from `directories`. */
export function appHandler(directories) {
  return (request, response) => {
    answer(directories, request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else fail(response, 500, 'The server could not read that file.');
    });
  };
}

/**
 * Starts the server on this computer only; `port` 0 takes a free one. Resolves to the app's URL;
 * `onListening` gets the `http.Server`; `through` may stand between the network and the handler.
 * Rejects when the port is taken or the app is not built.
 */
export async function serve({ port, onListening, through = (handler) => handler }) {
  if (!existsSync(path.join(ownDirectories.web, 'index.html')))
    throw new SetupError('The app is not built yet: run `npm start`.');
  const server = createServer(through(appHandler(ownDirectories)));
  await new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new SetupError(
              `Another program listens on port ${port}. Choose another: npm start -- --port ${port + 1}`,
            )
          : error,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  onListening?.(server);
  return `http://localhost:${server.address().port}/`;
}
