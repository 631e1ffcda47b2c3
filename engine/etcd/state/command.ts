import type { DeleteRangeRequest, PutRequest, TxnRequest } from '../../api/etcd.ts';

/** What the log holds. All that a member must agree on with others is in it: lease ids are chosen before. */
export type Command =
  | { readonly kind: 'put'; readonly request: PutRequest }
  | { readonly kind: 'deleteRange'; readonly request: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly request: TxnRequest }
  | { readonly kind: 'compact'; readonly revision: number }
  /** `ttl` in seconds, as it was asked for */
  | { readonly kind: 'leaseGrant'; readonly id: number; readonly ttl: number }
  | { readonly kind: 'leaseRevoke'; readonly id: number };
