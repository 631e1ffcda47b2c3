import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '../../api/etcd.ts';
import type { Traffic } from '../../apiserver/traffic/traffic.ts';
import { SwitchedEtcd } from './switched-etcd.ts';

/** One whose reads and writes are told to whoever looks at the API server's traffic. */
export class ObservedEtcd extends SwitchedEtcd {
  readonly #traffic: Traffic;

  constructor(traffic: Traffic) {
    super();
    this.#traffic = traffic;
  }

  override range(request: RangeRequest) {
    return this.#traffic.etcd('range', request.key, super.range(request));
  }

  override put(request: PutRequest) {
    return this.#traffic.etcd('put', request.key, super.put(request));
  }

  override deleteRange(request: DeleteRangeRequest) {
    return this.#traffic.etcd('deleteRange', request.key, super.deleteRange(request));
  }

  override txn(request: TxnRequest) {
    return this.#traffic.etcd('txn', keyOf(request.success), super.txn(request));
  }
}

/** The key that a transaction is about: that of its first operation. */
function keyOf([first]: readonly RequestOp[] = []): string {
  if (first === undefined) return '';
  if ('requestPut' in first) return first.requestPut.key;
  if ('requestRange' in first) return first.requestRange.key;
  if ('requestDeleteRange' in first) return first.requestDeleteRange.key;
  return keyOf(first.requestTxn.success);
}
