/** A failure as a learner reads it: what happened, why, what to do. */
export interface Failure {
  readonly title: string;
  readonly why: string;
  readonly advice: readonly string[];
  /** whether trying again can help */
  readonly retry: boolean;
  /** the error's own words, for a report */
  readonly detail?: string;
}

const memoryAdvice = [
  'Close other tabs and programs, then try again.',
  'On a phone or tablet, use a computer with at least 4 GB of memory.',
];

/** Explains an error of the lab or of a machine by its `code`. */
export function describeFailure(error: unknown): Failure {
  const code = codeOf(error);
  const detail = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ARTIFACT_UNAVAILABLE':
      return {
        title: navigator.onLine ? 'The download stopped half-way' : 'You are offline',
        why: navigator.onLine
          ? 'A part of the machine could not be fetched: the connection broke, or the server did not have it.'
          : 'The machine’s parts are fetched from this site the first time, and there is no connection now.',
        advice: ['Check the connection, then try again. It goes on where it stopped.'],
        retry: true,
        detail,
      };
    case 'OUT_OF_MEMORY':
      return {
        title: 'There is not enough memory',
        why: 'The browser refused the memory that the machine needs, about 400 MB.',
        advice: memoryAdvice,
        retry: true,
        detail,
      };
    case 'STATE_MISMATCH':
      return {
        title: 'The saved machine does not fit this version',
        why: 'It was saved with another disk or kernel than the ones that are served now.',
        advice: ['Start the machine from the BIOS instead. That takes a few seconds more.'],
        retry: false,
        detail,
      };
    case 'BOOT_FAILED':
      return {
        title: 'The machine did not start',
        why: 'Linux did not reach the point where it answers. The details below end with its last messages.',
        advice: ['Try again.', 'If that fails too, start it from the BIOS.'],
        retry: true,
        detail,
      };
    default:
      if (error instanceof RangeError && /memory|allocat/i.test(detail)) {
        return {
          title: 'There is not enough memory',
          why: 'The browser refused the memory that the machine needs.',
          advice: memoryAdvice,
          retry: true,
          detail,
        };
      }
      return {
        title: 'The machine stopped',
        why: 'Something went wrong that Drydock did not expect.',
        advice: ['Try again.', 'If it happens every time, report it with the details below.'],
        retry: true,
        detail,
      };
  }
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
