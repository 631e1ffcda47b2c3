/**
 * Carries errors between workers without losing their class: structured cloning turns every
 * error into a plain `Error`, and callers here tell errors apart by class and `code`.
 */
import { RpcError } from './rpc-error.ts';

type ErrorClass = abstract new (...parameters: never[]) => Error;

/** What travels. `fields` are the error's own enumerable properties that can be cloned. */
export interface WireError {
  readonly type: string | null;
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause?: WireError;
}

const classesByType = new Map<string, ErrorClass>();
const typesByClass = new Map<unknown, string>();

/**
 * Makes a class survive the way between workers: on arrival `instanceof` holds and its own
 * properties (`code` above all) are there. Private fields and constructor effects are not.
 * `type` is the class's name on the wire; minified class names would not do.
 */
export function registerErrorClass(type: string, errorClass: ErrorClass): void {
  classesByType.set(type, errorClass);
  typesByClass.set(errorClass, type);
}

registerErrorClass('RpcError', RpcError);
registerErrorClass('TypeError', TypeError);
registerErrorClass('RangeError', RangeError);
registerErrorClass('Error', Error);
registerErrorClass('DOMException', DOMException);

function isPlainValue(value: unknown): boolean {
  return (
    value === null || ['string', 'number', 'boolean', 'undefined', 'bigint'].includes(typeof value)
  );
}

/** Encodes anything that was thrown. */
export function encodeError(thrown: unknown): WireError {
  if (!(thrown instanceof Error)) {
    return {
      type: null,
      name: 'Error',
      message: typeof thrown === 'string' ? thrown : `Thrown: ${String(thrown)}`,
      fields: {},
    };
  }
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(thrown)) {
    if (isPlainValue(value) || (Array.isArray(value) && value.every(isPlainValue)))
      fields[key] = value;
  }
  return {
    type: typesByClass.get(thrown.constructor) ?? null,
    name: thrown.name,
    message: thrown.message,
    fields,
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(thrown.cause === undefined ? {} : { cause: encodeError(thrown.cause) }),
  };
}

/** Rebuilds an error. One without a registered class becomes an `RpcError` of code `REMOTE_FAILURE`. */
export function decodeError(wire: WireError): Error {
  const errorClass = wire.type === null ? undefined : classesByType.get(wire.type);
  const options = wire.cause === undefined ? undefined : { cause: decodeError(wire.cause) };
  if (errorClass === undefined) {
    return Object.assign(new RpcError('REMOTE_FAILURE', `${wire.name}: ${wire.message}`, options), {
      remoteStack: wire.stack,
    });
  }
  if (wire.type === 'DOMException') return new DOMException(wire.message, wire.name);
  const error = new Error(wire.message, options);
  Object.setPrototypeOf(error, errorClass.prototype as object);
  const hidden = { configurable: true, writable: true, enumerable: false };
  Object.defineProperty(error, 'name', { ...hidden, value: wire.name });
  if (wire.stack !== undefined)
    Object.defineProperty(error, 'stack', { ...hidden, value: wire.stack });
  return Object.assign(error, wire.fields);
}
