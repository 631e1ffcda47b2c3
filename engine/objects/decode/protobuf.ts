/**
 * Kubernetes' protobuf encoding of objects, read as their JSON. The ordinary clients for built-in
 * kinds (kubectl create, client-go) send it; every client also takes JSON, so nothing is written.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { messages, roots } from '../generated/protobuf.generated.ts';

/** `k8s` and a zero byte begin every encoded object. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const NANOSECONDS = 1_000_000_000n;

export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
  readonly code = 'MALFORMED';
}

interface Field {
  /** empty for one whose fields belong to its parent's JSON */
  readonly name: string;
  readonly type: string;
  /** zero is a value: the Go field is a pointer, or always written */
  readonly keepsZero: boolean;
}

/** One field as it stands in the bytes. */
type Wire = bigint | Uint8Array;

const decoder = new TextDecoder('utf-8', { fatal: true });
const fieldsByMessage = new Map<string, ReadonlyMap<number, Field>>();

function fieldsOf(message: string): ReadonlyMap<number, Field> {
  const known = fieldsByMessage.get(message);
  if (known !== undefined) return known;
  const fields = new Map<number, Field>();
  for (const text of (messages[message] ?? '').split(';').filter((entry) => entry !== '')) {
    const [number = '', name = '', type = '', flags = ''] = text.split(' ');
    fields.set(Number(number), { name, type, keepsZero: /[*!]/.test(flags) });
  }
  fieldsByMessage.set(message, fields);
  return fields;
}

/** Reads the wire format (protobuf.dev/programming-guides/encoding). */
class WireReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Number and value of the next field; undefined at the end. */
  next(): { readonly number: number; readonly value: Wire } | undefined {
    if (this.#offset >= this.#bytes.length) return undefined;
    const tag = Number(this.#varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        return { number, value: this.#varint() };
      case 1:
        return { number, value: this.#take(8) };
      case 2:
        return { number, value: this.#take(Number(this.#varint())) };
      case 5:
        return { number, value: this.#take(4) };
      default:
        throw new ProtobufError(`proto: illegal wireType ${tag % 8}`);
    }
  }

  #varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#offset++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, result);
    }
    throw new ProtobufError('proto: integer overflow');
  }

  #take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (length < 0 || end > this.#bytes.length) throw new ProtobufError('unexpected EOF');
    const bytes = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return bytes;
  }
}

function bytesOf(value: Wire): Uint8Array {
  if (typeof value === 'bigint') throw new ProtobufError('proto: wrong wireType = 0');
  return value;
}

function integerOf(value: Wire): bigint {
  if (typeof value !== 'bigint') throw new ProtobufError('proto: wrong wireType = 2');
  return value;
}

function textOf(value: Wire): string {
  try {
    return decoder.decode(bytesOf(value));
  } catch (error) {
    if (error instanceof ProtobufError) throw error;
    throw new ProtobufError('string field contains invalid UTF-8', { cause: error });
  }
}

function base64(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCodePoint(byte);
  return btoa(binary);
}

/** Numbers of all fields with their last value. */
function plainFields(bytes: Uint8Array): ReadonlyMap<number, Wire> {
  const reader = new WireReader(bytes);
  const fields = new Map<number, Wire>();
  for (let field = reader.next(); field !== undefined; field = reader.next())
    fields.set(field.number, field.value);
  return fields;
}

/** Seconds and nanoseconds; an empty message is Go's zero time, which JSON writes as null. */
function readTime(bytes: Uint8Array, micro: boolean): string | undefined {
  if (bytes.length === 0) return undefined;
  const fields = plainFields(bytes);
  const seconds = integerOf(fields.get(1) ?? 0n);
  const nanoseconds = integerOf(fields.get(2) ?? 0n);
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) throw new ProtobufError('time is out of range');
  const text = date.toISOString().slice(0, 19);
  return micro ? `${text}.${String(nanoseconds / 1000n).padStart(6, '0')}Z` : `${text}Z`;
}

/** As Go's `time.Duration` prints: `1h2m3.5s`. */
function readDuration(bytes: Uint8Array): string {
  const total = integerOf(plainFields(bytes).get(1) ?? 0n);
  const sign = total < 0n ? '-' : '';
  const size = total < 0n ? -total : total;
  const seconds = size / NANOSECONDS;
  const fraction = String(size % NANOSECONDS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  const hours = seconds / 3600n;
  const minutes = (seconds / 60n) % 60n;
  const parts = [hours > 0n ? `${hours}h` : '', hours > 0n || minutes > 0n ? `${minutes}m` : ''];
  return `${sign}${parts.join('')}${seconds % 60n}${fraction === '' ? '' : `.${fraction}`}s`;
}

function readIntOrString(bytes: Uint8Array): number | string {
  const fields = plainFields(bytes);
  const isText = integerOf(fields.get(1) ?? 0n) === 1n;
  return isText
    ? textOf(fields.get(3) ?? new Uint8Array(0))
    : Number(integerOf(fields.get(2) ?? 0n));
}

function readRaw(bytes: Uint8Array): unknown {
  const raw = textOf(plainFields(bytes).get(1) ?? new Uint8Array(0));
  if (raw === '') return undefined;
  try {
    return JSON.parse(raw) as unknown;
  } catch (error) {
    throw new ProtobufError((error as Error).message, { cause: error });
  }
}

function readDouble(bytes: Uint8Array): number {
  if (bytes.length !== 8) throw new ProtobufError('unexpected EOF');
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
}

/** A value of one type as JSON; undefined where JSON has nothing. */
function readValue(type: string, value: Wire): unknown {
  switch (type) {
    case 'string':
      return textOf(value);
    case 'bool':
      return integerOf(value) !== 0n;
    case 'int': {
      const integer = integerOf(value);
      const number = Number(integer);
      if (BigInt(number) !== integer) throw new ProtobufError(`${integer} is too large for JSON`);
      return number;
    }
    case 'double':
      return readDouble(bytesOf(value));
    case 'bytes':
      return base64(bytesOf(value));
    case 'time':
    case 'microTime':
      return readTime(bytesOf(value), type === 'microTime');
    case 'duration':
      return readDuration(bytesOf(value));
    case 'quantity':
      return textOf(plainFields(bytesOf(value)).get(1) ?? new Uint8Array(0));
    case 'intOrString':
      return readIntOrString(bytesOf(value));
    case 'raw':
      return readRaw(bytesOf(value));
    default:
      return readMessage(type, bytesOf(value));
  }
}

function readEntry(type: string, bytes: Uint8Array): readonly [string, unknown] {
  const fields = plainFields(bytes);
  const key = textOf(fields.get(1) ?? new Uint8Array(0));
  const empty = type === 'int' || type === 'bool' ? 0n : new Uint8Array(0);
  return [key, readValue(type, fields.get(2) ?? empty)];
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

function readMessage(message: string, bytes: Uint8Array): unknown {
  const fields = fieldsOf(message);
  const reader = new WireReader(bytes);
  const result: Record<string, unknown> = {};
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) {
    const field = fields.get(entry.number);
    if (field === undefined) continue;
    const { name, type, keepsZero } = field;
    if (type.startsWith('[]')) {
      const items = (result[name] ??= []) as unknown[];
      items.push(readValue(type.slice(2), entry.value));
    } else if (type.startsWith('{}')) {
      const [key, value] = readEntry(type.slice(2), bytesOf(entry.value));
      const map = (result[name] ??= {}) as Record<string, unknown>;
      Object.defineProperty(map, key, {
        value,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    } else {
      const value = readValue(type, entry.value);
      if (name === '') Object.assign(result, value);
      else if (value !== undefined && (keepsZero || !isZero(value))) result[name] = value;
    }
  }
  // A list that is a message of its own is a plain list in JSON.
  const wrapped = fields.size === 1 && fields.get(1)?.name === 'items' && message.endsWith('Value');
  return wrapped ? (result['items'] ?? []) : result;
}

/** Whether bytes claim to be Kubernetes' protobuf. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, index) => bytes[index] === byte);
}

/**
 * An encoded object as JSON value, with `apiVersion` and `kind`. Undefined for a kind that has no
 * protobuf form here. Throws a `ProtobufError` for bytes that are none.
 */
export function decodeProtobuf(bytes: Uint8Array): Record<string, unknown> | undefined {
  if (!isProtobuf(bytes))
    throw new ProtobufError('provided data does not appear to be a protobuf message');
  const envelope = plainFields(bytes.subarray(MAGIC.length));
  const typeMeta = plainFields(bytesOf(envelope.get(1) ?? new Uint8Array(0)));
  const apiVersion = textOf(typeMeta.get(1) ?? new Uint8Array(0));
  const kind = textOf(typeMeta.get(2) ?? new Uint8Array(0));
  const message = roots[kind === 'DeleteOptions' ? 'v1 DeleteOptions' : `${apiVersion} ${kind}`];
  if (message === undefined) return undefined;
  const raw = bytesOf(envelope.get(2) ?? new Uint8Array(0));
  return { kind, apiVersion, ...(readMessage(message, raw) as Record<string, unknown>) };
}
