/** The command line makes no sense; `message` says what is wrong with it. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}
