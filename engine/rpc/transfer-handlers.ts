/**
 * What Comlink should do with the values our contracts use: thrown errors keep their class,
 * functions become remote functions, byte streams travel over ports of their own, ports are
 * transferred. Importing this module installs it, in the page and in every worker.
 */
import * as Comlink from 'comlink';
import type { ByteStream } from '../api/byte-stream.ts';
import { portFromStream, streamFromPort } from './byte-stream-port.ts';
import { decodeError, encodeError, type WireError } from './error-codec.ts';

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

function hasOwnStream(value: unknown): value is Record<string, unknown> {
  return (
    isObject(value) &&
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.values(value).some(isByteStream)
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

const remoteFunction: Comlink.TransferHandler<(...parameters: unknown[]) => unknown, MessagePort> =
  {
    canHandle: (value): value is (...parameters: unknown[]) => unknown =>
      typeof value === 'function' && !(Comlink.releaseProxy in value),
    serialize(value) {
      const { port1, port2 } = new MessageChannel();
      Comlink.expose(value, port1);
      return [port2, [port2]];
    },
    deserialize(port) {
      port.start();
      return Comlink.wrap(port) as unknown as (...parameters: unknown[]) => unknown;
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

/** An object with streams among its properties, such as `OpenedStream`. */
const objectWithStreams: Comlink.TransferHandler<
  Record<string, unknown>,
  { rest: object; streams: Record<string, MessagePort> }
> = {
  canHandle: hasOwnStream,
  serialize(value) {
    const streams: Record<string, MessagePort> = {};
    const rest: Record<string, unknown> = {};
    for (const [key, property] of Object.entries(value)) {
      if (isByteStream(property)) streams[key] = portFromStream(property);
      else rest[key] = property;
    }
    return [{ rest, streams }, Object.values(streams)];
  },
  deserialize({ rest, streams }) {
    return {
      ...rest,
      ...Object.fromEntries(
        Object.entries(streams).map(([key, port]) => [key, streamFromPort(port)]),
      ),
    };
  },
};

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
  'object-with-streams',
  objectWithStreams as Comlink.TransferHandler<unknown, unknown>,
);
