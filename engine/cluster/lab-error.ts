export type LabErrorCode =
  /** nothing listens on that port of the machine */
  | 'CONNECTION_REFUSED'
  /** what listens there does not speak HTTP/1.x */
  | 'NOT_HTTP'
  /** the connection ended before the answer did */
  | 'CLOSED_EARLY'
  /** the machine is not there (yet, or any more) */
  | 'NOT_RUNNING'
  /** the lab has a machine of that name */
  | 'NAME_IN_USE';

/** A failure of the lab itself. Machines and their agents have errors of their own (`MachineError`, `AgentError`). */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
