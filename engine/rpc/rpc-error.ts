/** Why a call to a worker failed although the service itself did not: the codes `RpcError` carries. */
export type RpcErrorCode =
  /** the worker ended, crashed or was terminated */
  | 'DISCONNECTED'
  /** no answer within the call's deadline */
  | 'DEADLINE_EXCEEDED'
  /** the service threw something that has no registered class; `cause` has what is known */
  | 'REMOTE_FAILURE';

export class RpcError extends Error {
  readonly code: RpcErrorCode;

  constructor(code: RpcErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RpcError';
    this.code = code;
  }
}

export function otherEndIsGone(): RpcError {
  return new RpcError('DISCONNECTED', 'The other end of this connection is gone.');
}
