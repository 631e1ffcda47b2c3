import { StatusError } from '../../../engine/objects/status/status-error.ts';
import { messageOf } from '../../ui/message-of.ts';

/** Why the API server does not tell of something. */
export interface Problem {
  readonly words: string;
  /** it answers, and refuses this; otherwise no answer came */
  readonly isRefusal: boolean;
}

export function problemOf(error: unknown): Problem {
  return { words: messageOf(error), isRefusal: error instanceof StatusError };
}

/** The one to tell: an API server that is away explains more than what it refused before; then the first. */
export function foremost(problems: readonly Problem[]): Problem | undefined {
  return problems.find(({ isRefusal }) => !isRefusal) ?? problems[0];
}

/** In sentences, with what to do. @param isOld there is something to see, as it was before */
export function problemSentences({ words, isRefusal }: Problem, isOld: boolean): string {
  return [
    `The API server ${isRefusal ? 'answers' : 'does not answer'}: ${words.replace(/\.$/, '')}.`,
    ...(isOld ? ['What you see is how it was last.'] : []),
    'It is asked again by itself.',
    ...(isRefusal ? [] : ['If it stays away, look under Machines whether kube-apiserver runs.']),
  ].join(' ');
}
