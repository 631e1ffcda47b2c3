/**
 * What Comlink should do with the values our contracts use: thrown errors keep their class,
 * functions become remote functions, byte streams travel over ports of their own, ports are
 * transferred. Importing this module installs it, in the page and in every worker.
 */
import * as Comlink from 'comlink';
import type { ByteStream } from '../api/byte-stream.ts';
import { portFromStream, streamFromPort } from './byte-stream-port.ts';
import { received, sent } from './crossings.ts';
import { decodeError, encodeError, type WireError } from './error-codec.ts';
import { PendingCalls } from './pending-calls.ts';
import { otherEndIsGone } from './rpc-error.ts';

type RemoteFunction = (...parameters: unknown[]) => unknown;

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isByteStream(value: unknown): value is ByteStream {
  return (
    isObject(value) &&
    'readable' in value &&
    'writable' in value &&
    value.readable instanceof ReadableStream &&
    value.writable instanceof WritableStream
  );
}

function isFunction(value: unknown): value is RemoteFunction {
  return typeof value === 'function' && !(Comlink.releaseProxy in value);
}

function isLive(value: unknown): boolean {
  return isFunction(value) || isByteStream(value) || value instanceof ReadableStream;
}

function hasLiveParts(value: unknown): value is Record<string, unknown> {
  return (
    isObject(value) &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).some(isLive)
  );
}

const thrown: Comlink.TransferHandler<{ value: unknown }, WireError> = {
  // Comlink wraps what was thrown in an object marked with a symbol it does not export.
  canHandle: (value): value is { value: unknown } =>
    isObject(value) &&
    Object.getOwnPropertySymbols(value).some((symbol) => symbol.description === 'Comlink.thrown'),
  serialize: ({ value }) => [encodeError(value), []],
  deserialize(wire) {
    throw decodeError(wire);
  },
};

/** Calls reject when the side that has the function is gone. */
const remoteFunction: Comlink.TransferHandler<RemoteFunction, MessagePort> = {
  canHandle: isFunction,
  serialize(value) {
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(value, port1);
    sent({ end: () => port1.close() });
    return [port2, [port2]];
  },
  deserialize(port) {
    const pending = new PendingCalls();
    port.addEventListener('close', () => void pending.fail(otherEndIsGone()));
    port.start();
    const remote = Comlink.wrap(port) as unknown as (...parameters: unknown[]) => Promise<unknown>;
    const called: RemoteFunction = (...parameters) => pending.add(() => remote(...parameters));
    received(called, {
      end(error) {
        pending.fail(error);
        port.close();
      },
    });
    return called;
  },
};

/** One direction only: the other ends at once. */
const readableStream: Comlink.TransferHandler<ReadableStream<Uint8Array>, MessagePort> = {
  canHandle: (value): value is ReadableStream<Uint8Array> => value instanceof ReadableStream,
  serialize(readable) {
    const port = portFromStream({ readable, writable: new WritableStream() });
    return [port, [port]];
  },
  deserialize(port) {
    const { readable, writable } = streamFromPort(port);
    void writable.close();
    return readable;
  },
};

const byteStream: Comlink.TransferHandler<ByteStream, MessagePort> = {
  canHandle: isByteStream,
  serialize(stream) {
    const port = portFromStream(stream);
    return [port, [port]];
  },
  deserialize: streamFromPort,
};

interface Parts {
  readonly rest: object;
  readonly streams: Readonly<Record<string, MessagePort>>;
  readonly readables: Readonly<Record<string, MessagePort>>;
  readonly functions: Readonly<Record<string, MessagePort>>;
}

/** An object with streams or functions among its properties: `OpenedStream`, `WatchHandle`, `ServiceResponse`. */
const objectWithParts: Comlink.TransferHandler<Record<string, unknown>, Parts> = {
  canHandle: hasLiveParts,
  serialize(value) {
    const streams: Record<string, MessagePort> = {};
    const readables: Record<string, MessagePort> = {};
    const functions: Record<string, MessagePort> = {};
    const rest: Record<string, unknown> = {};
    for (const [key, property] of Object.entries(value)) {
      if (isByteStream(property)) streams[key] = portFromStream(property);
      else if (isFunction(property)) [functions[key]] = remoteFunction.serialize(property);
      else if (property instanceof ReadableStream)
        [readables[key]] = readableStream.serialize(property as ReadableStream<Uint8Array>);
      else rest[key] = property;
    }
    const ports = [streams, readables, functions].flatMap((record) => Object.values(record));
    return [{ rest, streams, readables, functions }, ports];
  },
  deserialize({ rest, streams, readables, functions }) {
    return {
      ...rest,
      ...mapValues(streams, streamFromPort),
      ...mapValues(readables, (port) => readableStream.deserialize(port)),
      ...mapValues(functions, (port) => remoteFunction.deserialize(port)),
    };
  },
};

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

const messagePort: Comlink.TransferHandler<MessagePort, MessagePort> = {
  canHandle: (value): value is MessagePort => value instanceof MessagePort,
  serialize: (port) => [port, [port]],
  deserialize: (port) => port,
};

Comlink.transferHandlers.set('throw', thrown as Comlink.TransferHandler<unknown, unknown>);
Comlink.transferHandlers.set(
  'function',
  remoteFunction as Comlink.TransferHandler<unknown, unknown>,
);
Comlink.transferHandlers.set('port', messagePort as Comlink.TransferHandler<unknown, unknown>);
Comlink.transferHandlers.set(
  'readable',
  readableStream as Comlink.TransferHandler<unknown, unknown>,
);
Comlink.transferHandlers.set(
  'byte-stream',
  byteStream as Comlink.TransferHandler<unknown, unknown>,
);
Comlink.transferHandlers.set(
  'object-with-parts',
  objectWithParts as Comlink.TransferHandler<unknown, unknown>,
);
