/** Calls `what` once for all that is told within some time. @param wait milliseconds from the first that is told */
export function gathered(wait: () => number, what: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    tell(): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        what();
      }, wait());
    },
    /** What was told and not called for yet is forgotten. */
    stop: (): void => clearTimeout(timer),
  };
}
