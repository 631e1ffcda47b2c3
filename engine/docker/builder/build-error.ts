/** A build that cannot go on. `message` is Docker's own text. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
  /**
   * `INVALID`: the request or the Dockerfile is wrong (HTTP 400 as long as nothing was written).
   * `FAILED`: a step failed. `CANCELLED`: the caller went away.
   */
  readonly code: 'INVALID' | 'FAILED' | 'CANCELLED';
  /** exit status of a RUN step: `errorDetail.code` */
  readonly exitCode?: number;

  constructor(
    code: BuildError['code'],
    message: string,
    options: { readonly cause?: unknown; readonly exitCode?: number } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    if (options.exitCode !== undefined) this.exitCode = options.exitCode;
  }
}

/** Text that is no Dockerfile at all; Docker names the file, not the line. */
export class DockerfileSyntaxError extends Error {
  override readonly name = 'DockerfileSyntaxError';
}
