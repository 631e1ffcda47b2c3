import { registerErrorClass } from '../rpc/error-codec.ts';

export type MachineErrorCode =
  /** a file of the guest could not be fetched or is damaged */
  | 'ARTIFACT_UNAVAILABLE'
  /** a saved state does not belong to these guest artifacts or this memory size */
  | 'STATE_MISMATCH'
  /** what should be a saved machine is something else, or a part of one */
  | 'STATE_DAMAGED'
  /** the guest did not come up */
  | 'BOOT_FAILED'
  /** the host has not enough memory for the machine */
  | 'OUT_OF_MEMORY'
  /** the machine was not started, or is destroyed */
  | 'NOT_RUNNING';

export class MachineError extends Error {
  readonly code: MachineErrorCode;

  constructor(code: MachineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MachineError';
    this.code = code;
  }
}

registerErrorClass('MachineError', MachineError);
