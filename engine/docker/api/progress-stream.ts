import type { HttpResponse } from '../../http/index.ts';
import { toApiError } from './api-error.ts';
import { jsonLine, stream } from './reply.ts';

type Line = Readonly<Record<string, unknown>>;

export interface ProgressTask {
  (write: (line: Line) => void): Promise<unknown>;
}

/** What a failure looks like once the answer has begun. `code` is the exit status of a build step. */
export function errorLine(error: unknown): Line {
  const { message } = toApiError(error);
  const code =
    typeof error === 'object' && error !== null && 'exitCode' in error ? error.exitCode : undefined;
  return {
    errorDetail: { ...(typeof code === 'number' ? { code } : {}), message },
    error: message,
  };
}

/**
 * Runs a task that tells of its progress in JSON lines. A failure before the first line rejects,
 * to become an HTTP status; a later one becomes the last line. `cancel` is called when the client leaves.
 */
export async function progressStream(
  task: ProgressTask,
  cancel: () => void,
): Promise<HttpResponse> {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let begin: () => void = () => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  let open = true;
  const body = new ReadableStream<Uint8Array>({
    start: (own) => void (controller = own),
    cancel() {
      open = false;
      cancel();
    },
  });
  let wrote = false;
  const write = (line: Line): void => {
    wrote = true;
    if (open) controller?.enqueue(jsonLine(line));
    begin();
  };
  const finished = task(write).then(
    () => {
      if (open) controller?.close();
    },
    (error: unknown) => {
      if (!wrote) throw error;
      write(errorLine(error));
      if (open) controller?.close();
    },
  );
  await Promise.race([begun, finished]);
  finished.catch(() => {});
  return stream(body, 'application/json');
}
