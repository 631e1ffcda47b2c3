/** Heads of HTTP/1.1 messages (RFC 9112): start line and headers. */
import type { OutboundRequest } from '../api/http-message.ts';
import type { ByteReader } from './byte-reader.ts';
import { HttpError } from './http-error.ts';

/** Bytes of a start line, and of all headers; Go's net/http allows 1 MiB, browsers 256 KiB. */
const MAX_HEAD = 256 * 1024;
const MAX_HEADERS = 1_000;

const encoder = new TextEncoder();

/** Headers that Go's net/http writes after all others, which it sorts by name. */
const LAST = ['date', 'content-length', 'transfer-encoding', 'connection', 'upgrade'];

/** Headers that are about one connection and never handed on (RFC 9110, section 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Reads a request line or status line. Undefined when the stream ended before its first byte. */
export async function readStartLine(reader: ByteReader): Promise<string | undefined> {
  for (;;) {
    const line = await reader.line(MAX_HEAD);
    // RFC 9112 section 2.2: empty lines before a request are to be ignored.
    if (line !== '') return line;
  }
}

/**
 * Reads headers up to the empty line. With `lenient`, lines that no browser would accept are
 * skipped; else they are `MALFORMED`.
 */
export async function readHeaders(reader: ByteReader, lenient: boolean): Promise<Headers> {
  let left = MAX_HEAD;
  const headers = new Headers();
  let previous: string | undefined;
  for (let count = 0; ; count++) {
    const line = await reader.line(left);
    if (line === undefined)
      throw new HttpError('CLOSED_EARLY', 'The connection closed inside the headers.');
    if (line === '') return headers;
    if (count === MAX_HEADERS)
      throw new HttpError('TOO_LARGE', `There are more than ${MAX_HEADERS} headers.`);
    left -= line.length;
    previous = addHeader(headers, line, previous, lenient);
  }
}

/** Returns the name the line belongs to, for a folded line that may follow. */
function addHeader(
  headers: Headers,
  line: string,
  previous: string | undefined,
  lenient: boolean,
): string | undefined {
  const folded = line.startsWith(' ') || line.startsWith('\t');
  if (folded && previous !== undefined) {
    headers.set(previous, `${headers.get(previous) ?? ''} ${line.trim()}`);
    return previous;
  }
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  try {
    headers.append(name, line.slice(colon + 1));
    return name;
  } catch {
    if (lenient) return undefined;
    throw new HttpError('MALFORMED', `This is not a header: ${JSON.stringify(line.slice(0, 80))}`);
  }
}

/** `content-type` → `Content-Type`, as Go and most servers write names. */
function canonicalName(name: string): string {
  return name.replaceAll(
    /(^|-)([a-z])/g,
    (_match, dash: string, letter: string) => dash + letter.toUpperCase(),
  );
}

/**
 * Start line and headers as they go over the wire, with the empty line that ends them.
 * @param repeated further headers, once for each of their values
 */
export function formatHead(
  startLine: string,
  headers: Headers,
  repeated: OutboundRequest['repeated'] = {},
): Uint8Array {
  const rank = (name: string): number => LAST.indexOf(name);
  const more = Object.entries(repeated).flatMap(([name, values]) =>
    // As Go's net/http writes them: nobody begins a header of his own.
    values.map((value): [string, string] => [name, value.replaceAll(/[\r\n]/g, ' ')]),
  );
  const ordered = [...headers, ...more].toSorted(([one], [other]) => rank(one) - rank(other));
  let text = `${startLine}\r\n`;
  for (const [name, value] of ordered) text += `${canonicalName(name)}: ${value}\r\n`;
  text += '\r\n';
  const bytes = new Uint8Array(text.length);
  // Headers hold bytes as Latin-1 characters; a start line with anything else falls back to UTF-8.
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return encoder.encode(text);
    bytes[index] = code;
  }
  return bytes;
}

/** A copy without what concerns one connection only, including headers that `Connection` names. */
export function endToEndHeaders(headers: Headers): Headers {
  const result = new Headers();
  const named = (headers.get('connection') ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  for (const [name, value] of headers) {
    if (!HOP_BY_HOP.includes(name) && !named.includes(name)) result.append(name, value);
  }
  return result;
}

/** Whether a comma-separated header contains `token`, whatever the case. */
export function hasToken(headers: Headers, name: string, token: string): boolean {
  return (headers.get(name) ?? '').split(',').some((part) => part.trim().toLowerCase() === token);
}
