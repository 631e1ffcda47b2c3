/** RFC 3339 in whole seconds, as meta/v1 `Time` is written. @param time UNIX milliseconds */
export function formatTime(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastSecond) {
    lastText = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}

/** Most that is written happens in the same second. */
let lastSecond = Number.NaN;
let lastText = '';

/** RFC 3339 in microseconds, as meta/v1 `MicroTime` is written. @param time UNIX milliseconds */
export function formatMicroTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 23)}000Z`;
}
