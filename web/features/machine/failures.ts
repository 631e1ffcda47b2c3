import { messageOf } from '../../ui/message-of.ts';

/** A failure as a learner reads it: what happened, why, what to do. */
export interface Failure {
  readonly title: string;
  readonly why: string;
  readonly advice: readonly string[];
  /** whether trying again can help */
  readonly retry: boolean;
  /** whether a new connection helps: then it is tried again by itself */
  readonly needsNetwork?: boolean;
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
  const detail = messageOf(error);
  switch (code) {
    case 'ARTIFACT_UNAVAILABLE':
      return {
        title: navigator.onLine ? 'The download stopped half-way' : 'You are offline',
        why: navigator.onLine
          ? 'A part of the machine could not be fetched: the connection broke, or the server did not have it.'
          : 'The machine’s parts are fetched from this site the first time, and there is no connection now.',
        advice: ['Check the connection, then try again. It goes on where it stopped.'],
        retry: true,
        needsNetwork: true,
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
        title: 'What was saved does not fit this version',
        why: 'The checkpoint, or the start that this site has prepared, was saved with another disk or kernel than the ones that are served now.',
        advice: [
          'Start the machine from the BIOS instead. That takes a few seconds more.',
          'If it was a cluster, start a new one.',
        ],
        retry: false,
        detail,
      };
    case 'STATE_DAMAGED':
      return {
        title: 'What was saved is damaged',
        why: 'A part of the checkpoint, or of the start that this site has prepared, is missing or was changed, so that Linux cannot go on from it.',
        advice: ['Try again to start anew, or go on from another checkpoint.'],
        retry: true,
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

/** One sentence or two about a checkpoint that could not be saved, read or gone on from. */
export function describeSaveProblem(error: unknown): string {
  if (error instanceof DOMException) {
    switch (error.name) {
      case 'QuotaExceededError':
        return 'There is no room left in this browser’s storage. Delete a checkpoint, or save to a file.';
      case 'InvalidStateError':
      case 'SecurityError':
      case 'UnknownError':
        return 'This browser gives the page no storage, as private windows do. Save to a file.';
      case 'VersionError':
        return 'What is kept in this browser was saved by a newer version of Drydock. It stays as it is. Reload the page to get that version.';
      case 'NotReadableError':
      case 'NotFoundError':
        return 'The file could not be read. Choose it again.';
    }
  }
  if (codeOf(error) === 'NOT_RUNNING')
    return 'The machine does not run, so that there is nothing to save.';
  return messageOf(error);
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
