/** A lesson's text is not as it has to be. The message says where, and what to write. */
export class LessonError extends Error {
  override readonly name = 'LessonError';
  /** 1 is the first line of the file */
  readonly line: number;

  constructor(file: string, line: number, message: string, options?: ErrorOptions) {
    super(`${file}:${line}: ${message}`, options);
    this.line = line;
  }
}
