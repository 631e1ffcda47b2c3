/** A command that fails: logged, with exit status 1. `usage` and `help` show the command's help. */
export class CrictlError extends Error {
  override readonly name = 'CrictlError';
  readonly code: 'failure' | 'usage' | 'help';

  constructor(message: string, code: CrictlError['code'] = 'failure', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
