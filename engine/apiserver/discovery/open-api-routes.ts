import type { HttpResponse } from '../../api/http-message.ts';
import { notAcceptable, noSuchPath } from '../../objects/status/status-error.ts';
import { protobufV2, type OpenApi, type PrintedDocument } from '../../objects/openapi/open-api.ts';
import { parseAccept } from '../request/negotiation.ts';
import type { RequestContext } from '../request/request-context.ts';
import { encodedResponse } from '../request/responses.ts';

const json = 'application/json';
const YEAR_MS = 31_536_000_000;

/** The first of the client's media types that the document comes in; undefined if there is none. */
function mediaType(headers: Headers, offered: readonly string[]): string | undefined {
  const accept = headers.get('accept') ?? '';
  if (accept === '') return offered[0];
  for (const { type, subtype } of parseAccept(accept)) {
    // Older clients have a sign in the name that is no part of a token.
    const name = `${type}/${subtype.replace('@', '.')}`;
    const found = offered.find(
      (each) => each === name || type === '*' || (type === 'application' && subtype === '*'),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function document(
  { request, query }: RequestContext,
  { bytes, hash }: PrintedDocument,
  type: string,
  path: string,
  now: number,
): HttpResponse {
  const asked = query.get('hash');
  if (asked !== null && asked !== hash)
    return {
      status: 301,
      headers: new Headers({ location: `${path}?hash=${hash}` }),
      body: null,
    };
  const headers = new Headers({
    'content-type': type,
    etag: `"${hash}"`,
    vary: 'Accept',
    ...(asked === null
      ? {}
      : {
          // A document named by its hash never changes.
          'cache-control': 'public, immutable',
          expires: new Date(now + YEAR_MS).toUTCString().replace('GMT', 'UTC'),
        }),
  });
  return request.headers.get('if-none-match') === `"${hash}"`
    ? { status: 304, headers, body: null }
    : { status: 200, headers, body: bytes };
}

/** `/openapi/v2`, `/openapi/v3` and the documents below. Undefined for other paths. @param now UNIX milliseconds */
export async function openApiResponse(
  openApi: OpenApi,
  context: RequestContext,
  now: number,
): Promise<HttpResponse | undefined> {
  const { path } = context.info;
  if (!path.startsWith('/openapi/v')) return undefined;
  const offered = path === '/openapi/v2' ? [json, protobufV2] : [json];
  const type = mediaType(context.request.headers, offered);
  if (type === undefined) {
    throw notAcceptable(`only the following media types are accepted: ${offered.join(', ')}`);
  }
  if (path === '/openapi/v2') {
    const { protobuf, ...printed } = await openApi.documentV2();
    const bytes = type === protobufV2 ? protobuf : printed.bytes;
    return document(context, { ...printed, bytes }, type, path, now);
  }
  if (path === '/openapi/v3') {
    const index = await openApi.index();
    return encodedResponse(200, index, { encoding: 'json', pretty: false });
  }
  const found = path.startsWith('/openapi/v3/')
    ? openApi.document(path.slice('/openapi/v3/'.length))
    : undefined;
  if (found === undefined) throw noSuchPath();
  return document(context, await found, type, path, now);
}
