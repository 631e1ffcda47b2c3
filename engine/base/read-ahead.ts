/**
 * Shows the chunks that `stream` begins with to `look`, up to the one for which it returns true (or
 * to the end), and returns the same stream again from its start. Locks `stream`.
 */
export async function readAhead(
  stream: ReadableStream<Uint8Array>,
  look: (chunk: Uint8Array) => boolean,
): Promise<ReadableStream<Uint8Array>> {
  const reader = stream.getReader();
  const seen: Uint8Array[] = [];
  for (let isEnough = false; !isEnough;) {
    const { value, done } = await reader.read();
    if (done) break;
    seen.push(value);
    isEnough = look(value);
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = seen.shift() ?? (await reader.read()).value;
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
