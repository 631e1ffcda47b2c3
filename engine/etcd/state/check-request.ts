/** What etcd refuses before it looks at any data (`server/etcdserver/api/v3rpc/key.go`). */
import {
  EtcdError,
  type Compare,
  type KeyRange,
  type PutRequest,
  type RequestOp,
  type TxnRequest,
} from '../../api/etcd.ts';
import { boundsOf, orderKey, within, type Bounds } from '../store/key-order.ts';

/** @throws EtcdError `EMPTY_KEY` */
export function checkKey({ key }: KeyRange): void {
  if (key === '') throw new EtcdError('EMPTY_KEY');
}

/** @throws EtcdError `EMPTY_KEY`, `VALUE_PROVIDED`, `LEASE_PROVIDED` */
export function checkPut(request: PutRequest): void {
  checkKey(request);
  if (request.ignoreValue === true && request.value.length > 0)
    throw new EtcdError('VALUE_PROVIDED');
  if (request.ignoreLease === true && (request.lease ?? 0) !== 0)
    throw new EtcdError('LEASE_PROVIDED');
}

/** @throws EtcdError `TOO_MANY_OPS`, `DUPLICATE_KEY` and those of the operations */
export function checkTxn(request: TxnRequest, maxOperations: number): void {
  checkOperations(request, maxOperations);
  checkOverlaps(request.success ?? []);
  checkOverlaps(request.failure ?? []);
}

/** A nested transaction may have as many operations as its parent left over. */
function checkOperations(request: TxnRequest, most: number): void {
  const { compare = [], success = [], failure = [] } = request;
  const count = Math.max(compare.length, success.length, failure.length);
  if (count > most) throw new EtcdError('TOO_MANY_OPS');
  compare.forEach((one: Compare) => checkKey(one));
  for (const operation of [...success, ...failure]) checkOperation(operation, most - count);
}

function checkOperation(operation: RequestOp, most: number): void {
  if ('requestRange' in operation) checkKey(operation.requestRange);
  else if ('requestPut' in operation) checkPut(operation.requestPut);
  else if ('requestDeleteRange' in operation) checkKey(operation.requestDeleteRange);
  else checkOperations(operation.requestTxn, most);
}

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: Bounds[];
}

/**
 * One transaction may not put a key twice, nor put what it deletes. The two branches of a nested
 * transaction exclude each other, so they may put the same.
 */
function checkOverlaps(operations: readonly RequestOp[]): Writes {
  const all: Writes = { puts: new Set(), deletes: [] };
  const put = (key: string, allowed?: ReadonlySet<string>): void => {
    const taken = all.puts.has(key) && allowed?.has(key) !== true;
    if (taken || all.deletes.some((bounds) => within(bounds, key)))
      throw new EtcdError('DUPLICATE_KEY');
    all.puts.add(key);
  };
  for (const operation of operations) {
    if (!('requestDeleteRange' in operation)) continue;
    const bounds = boundsOf(operation.requestDeleteRange);
    // etcd takes an end of '\0' literally here, so a range without an end excludes no puts.
    if (bounds.high !== undefined) all.deletes.push(bounds);
  }
  for (const operation of operations) {
    if (!('requestTxn' in operation)) continue;
    const success = checkOverlaps(operation.requestTxn.success ?? []);
    const failure = checkOverlaps(operation.requestTxn.failure ?? []);
    for (const key of success.puts) put(key);
    for (const key of failure.puts) put(key, success.puts);
    all.deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const operation of operations)
    if ('requestPut' in operation) put(orderKey(operation.requestPut.key));
  return all;
}

/** Whether it can be answered without a place in the log. */
export function isReadOnly({ success = [], failure = [] }: TxnRequest): boolean {
  return [...success, ...failure].every((operation) => 'requestRange' in operation);
}
