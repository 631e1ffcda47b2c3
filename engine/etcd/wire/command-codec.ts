import type {
  Compare,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../../api/etcd.ts';
import type { Command } from '../state/command.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/**
 * Commands as bytes. Words are numbered by their place in these lists, and numbers are in logs:
 * add at the end, never reorder.
 */
const KINDS = ['put', 'deleteRange', 'txn', 'compact', 'leaseGrant', 'leaseRevoke'] as const;
const RESULTS = ['EQUAL', 'GREATER', 'LESS', 'NOT_EQUAL'] as const;
const TARGETS = ['VERSION', 'CREATE', 'MOD', 'VALUE', 'LEASE'] as const;
const SORT_ORDERS = ['NONE', 'ASCEND', 'DESCEND'] as const;
const SORT_TARGETS = ['KEY', 'VERSION', 'CREATE', 'MOD', 'VALUE'] as const;
const OPERATIONS = ['requestRange', 'requestPut', 'requestDeleteRange', 'requestTxn'] as const;

export function encodeCommand(writer: ByteWriter, command: Command): Uint8Array {
  writer.integer(KINDS.indexOf(command.kind));
  switch (command.kind) {
    case 'put':
      writePut(writer, command.request);
      break;
    case 'deleteRange':
      writeDeleteRange(writer, command.request);
      break;
    case 'txn':
      writeTxn(writer, command.request);
      break;
    case 'compact':
      writer.integer(command.revision);
      break;
    case 'leaseGrant':
      writer.integer(command.id);
      writer.integer(command.ttl);
      break;
    case 'leaseRevoke':
      writer.integer(command.id);
      break;
  }
  return writer.take();
}

/** @throws RangeError when the bytes are no command */
export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new ByteReader(bytes);
  const kind = word(reader, KINDS);
  switch (kind) {
    case 'put':
      return { kind, request: readPut(reader) };
    case 'deleteRange':
      return { kind, request: readDeleteRange(reader) };
    case 'txn':
      return { kind, request: readTxn(reader) };
    case 'compact':
      return { kind, revision: reader.integer() };
    case 'leaseGrant':
      return { kind, id: reader.integer(), ttl: reader.integer() };
    case 'leaseRevoke':
      return { kind, id: reader.integer() };
  }
}

function word<T>(reader: ByteReader, words: readonly T[]): T {
  const found = words[reader.integer()];
  if (found === undefined) throw new RangeError('the record has a word of a later version');
  return found;
}

function flags(...values: (boolean | undefined)[]): number {
  return values.reduce((bits, value, index) => bits + (value === true ? 2 ** index : 0), 0);
}

function writePut(writer: ByteWriter, request: PutRequest): void {
  writer.text(request.key);
  writer.bytes(request.value);
  writer.integer(request.lease ?? 0);
  writer.integer(flags(request.prevKv, request.ignoreValue, request.ignoreLease));
}

function readPut(reader: ByteReader): PutRequest {
  const key = reader.text();
  const value = reader.bytes();
  const lease = reader.integer();
  const bits = reader.integer();
  return {
    key,
    value,
    lease,
    prevKv: (bits & 1) !== 0,
    ignoreValue: (bits & 2) !== 0,
    ignoreLease: (bits & 4) !== 0,
  };
}

function writeDeleteRange(writer: ByteWriter, request: DeleteRangeRequest): void {
  writer.text(request.key);
  writer.text(request.rangeEnd ?? '');
  writer.integer(flags(request.prevKv));
}

function readDeleteRange(reader: ByteReader): DeleteRangeRequest {
  return { key: reader.text(), rangeEnd: reader.text(), prevKv: reader.integer() !== 0 };
}

function writeRange(writer: ByteWriter, request: RangeRequest): void {
  writer.text(request.key);
  writer.text(request.rangeEnd ?? '');
  writer.integer(SORT_ORDERS.indexOf(request.sortOrder ?? 'NONE'));
  writer.integer(SORT_TARGETS.indexOf(request.sortTarget ?? 'KEY'));
  writer.integer(flags(request.serializable, request.keysOnly, request.countOnly));
  for (const name of RANGE_NUMBERS) writer.integer(request[name] ?? 0);
}

const RANGE_NUMBERS = [
  'limit',
  'revision',
  'minModRevision',
  'maxModRevision',
  'minCreateRevision',
  'maxCreateRevision',
] as const;

function readRange(reader: ByteReader): RangeRequest {
  const request = {
    key: reader.text(),
    rangeEnd: reader.text(),
    sortOrder: word(reader, SORT_ORDERS),
    sortTarget: word(reader, SORT_TARGETS),
  };
  const bits = reader.integer();
  return {
    ...request,
    serializable: (bits & 1) !== 0,
    keysOnly: (bits & 2) !== 0,
    countOnly: (bits & 4) !== 0,
    ...Object.fromEntries(RANGE_NUMBERS.map((name) => [name, reader.integer()])),
  };
}

function writeTxn(writer: ByteWriter, request: TxnRequest): void {
  const { compare = [], success = [], failure = [] } = request;
  writer.integer(compare.length);
  for (const one of compare) writeCompare(writer, one);
  for (const operations of [success, failure]) {
    writer.integer(operations.length);
    for (const operation of operations) writeOperation(writer, operation);
  }
}

function readTxn(reader: ByteReader): TxnRequest {
  return {
    compare: readList(reader, readCompare),
    success: readList(reader, readOperation),
    failure: readList(reader, readOperation),
  };
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const list: T[] = [];
  for (let left = reader.integer(); left > 0; left--) list.push(read(reader));
  return list;
}

function writeOperation(writer: ByteWriter, operation: RequestOp): void {
  if ('requestRange' in operation) {
    writer.integer(OPERATIONS.indexOf('requestRange'));
    writeRange(writer, operation.requestRange);
  } else if ('requestPut' in operation) {
    writer.integer(OPERATIONS.indexOf('requestPut'));
    writePut(writer, operation.requestPut);
  } else if ('requestDeleteRange' in operation) {
    writer.integer(OPERATIONS.indexOf('requestDeleteRange'));
    writeDeleteRange(writer, operation.requestDeleteRange);
  } else {
    writer.integer(OPERATIONS.indexOf('requestTxn'));
    writeTxn(writer, operation.requestTxn);
  }
}

function readOperation(reader: ByteReader): RequestOp {
  const operation = word(reader, OPERATIONS);
  switch (operation) {
    case 'requestRange':
      return { requestRange: readRange(reader) };
    case 'requestPut':
      return { requestPut: readPut(reader) };
    case 'requestDeleteRange':
      return { requestDeleteRange: readDeleteRange(reader) };
    case 'requestTxn':
      return { requestTxn: readTxn(reader) };
  }
}

function writeCompare(writer: ByteWriter, compare: Compare): void {
  writer.text(compare.key);
  writer.text(compare.rangeEnd ?? '');
  writer.integer(RESULTS.indexOf(compare.result));
  writer.integer(TARGETS.indexOf(compare.target));
  switch (compare.target) {
    case 'VERSION':
      writer.integer(compare.version);
      break;
    case 'CREATE':
      writer.integer(compare.createRevision);
      break;
    case 'MOD':
      writer.integer(compare.modRevision);
      break;
    case 'VALUE':
      writer.bytes(compare.value);
      break;
    case 'LEASE':
      writer.integer(compare.lease);
      break;
  }
}

function readCompare(reader: ByteReader): Compare {
  const common = {
    key: reader.text(),
    rangeEnd: reader.text(),
    result: word(reader, RESULTS),
  };
  const target = word(reader, TARGETS);
  switch (target) {
    case 'VERSION':
      return { ...common, target, version: reader.integer() };
    case 'CREATE':
      return { ...common, target, createRevision: reader.integer() };
    case 'MOD':
      return { ...common, target, modRevision: reader.integer() };
    case 'VALUE':
      return { ...common, target, value: reader.bytes() };
    case 'LEASE':
      return { ...common, target, lease: reader.integer() };
  }
}
