import type { Client, ListOptions } from '../../../engine/client/client.ts';
import { Reflector, type ReflectorOptions } from '../../../engine/client/informer/reflector.ts';
import { metadataOf, type Resource } from '../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { foremost, problemOf, type Problem } from './problem.ts';

export type Scope = Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;

/** The page's time and chance, or a test's. */
export type Timing = Pick<ReflectorOptions<KubernetesObject>, 'clock' | 'random'>;

/** Milliseconds between two answers, so that a flood of changes is one. */
const GATHER_MS = 300;
/** Milliseconds after which what could not be asked is asked again. */
const AGAIN_MS = 3000;
/**
 * Milliseconds between two attempts to reach an API server that is away, at most; chance doubles them. Who looks at
 * a page does not wait half a minute after it has come back, as client-go does.
 */
export const LONGEST_PAUSE_MS = 3000;

export interface Followed<Answer> {
  readonly client: Client;
  /** whose changes make it ask again */
  readonly resource: Resource<KubernetesObject>;
  readonly scope: Scope;
  readonly ask: (signal: AbortSignal) => Promise<Answer>;
  readonly onAnswer: (answer: Answer) => void;
  /** told why what was answered may be old, or why nothing was; of nothing once that is over, which needs nobody */
  readonly onProblem: (problem: Problem | undefined) => void;
}

/** Asks now, and again whenever an object in scope has changed, until the returned function is called. */
export function followWith<Answer>(
  { clock, random }: Timing,
  { client, resource, scope, ask, onAnswer, onProblem }: Followed<Answer>,
): () => void {
  const end = new AbortController();
  const { signal } = end;
  let asking = false;
  let changed = false;
  /** why there is no answer, and why changes are not told */
  let unanswered: Problem | undefined;
  let unwatched: Problem | undefined;
  const tell = (): void => {
    if (!signal.aborted)
      onProblem(foremost([unanswered, unwatched].filter((one) => one !== undefined)));
  };
  const askOnce = async (): Promise<void> => {
    try {
      const answer = await ask(signal);
      if (signal.aborted) return;
      onAnswer(answer);
      unanswered = undefined;
    } catch (error) {
      unanswered = problemOf(error);
      changed = true;
    }
    tell();
  };
  const again = async (): Promise<void> => {
    changed = true;
    if (asking) return;
    asking = true;
    while (changed && !signal.aborted) {
      changed = false;
      await askOnce();
      const pause = unanswered === undefined ? GATHER_MS : AGAIN_MS;
      await new Promise((resolve) => clock.setTimer(() => resolve(undefined), pause));
    }
    asking = false;
  };
  const onChange = (): void => void again();
  const reflector = new Reflector({
    client,
    resource: metadataOf(resource),
    scope,
    mirror: { replace: onChange, apply: onChange },
    clock,
    random,
    longestPause: LONGEST_PAUSE_MS,
    onError(error) {
      unwatched = problemOf(error);
      tell();
    },
    onReached() {
      if (unwatched === undefined) return;
      unwatched = undefined;
      tell();
    },
  });
  void reflector.run(signal);
  return () => end.abort();
}
