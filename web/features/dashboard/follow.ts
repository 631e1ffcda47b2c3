import type { Client, ListOptions } from '../../../engine/client/client.ts';
import { Reflector } from '../../../engine/client/informer/reflector.ts';
import { metadataOf, type Resource } from '../../../engine/client/resource.ts';
import { pageClock, pageRandom } from '../../../engine/cluster/index.ts';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';
import { messageOf } from '../../ui/message-of.ts';

export type Scope = Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector'>;

/** Milliseconds between two answers, so that a flood of changes is one. */
const GATHER_MS = 300;

export interface Followed<Answer> {
  readonly client: Client;
  /** whose changes make it ask again */
  readonly resource: Resource<KubernetesObject>;
  readonly scope: Scope;
  readonly ask: (signal: AbortSignal) => Promise<Answer>;
  readonly onAnswer: (answer: Answer) => void;
  /** told why there is no new answer, and of nothing once there is one again */
  readonly onProblem: (problem: string | undefined) => void;
}

/** Asks now, and again whenever an object in scope has changed, until the returned function is called. */
export function follow<Answer>(followed: Followed<Answer>): () => void {
  const { client, resource, scope, ask, onAnswer, onProblem } = followed;
  const end = new AbortController();
  const { signal } = end;
  let asking = false;
  let changed = false;
  const askOnce = async (): Promise<void> => {
    try {
      const answer = await ask(signal);
      if (signal.aborted) return;
      onAnswer(answer);
      onProblem(undefined);
    } catch (error) {
      if (!signal.aborted) onProblem(messageOf(error));
    }
  };
  const again = async (): Promise<void> => {
    changed = true;
    if (asking) return;
    asking = true;
    while (changed && !signal.aborted) {
      changed = false;
      await askOnce();
      await new Promise((resolve) => pageClock.setTimer(() => resolve(undefined), GATHER_MS));
    }
    asking = false;
  };
  const onChange = (): void => void again();
  const reflector = new Reflector({
    client,
    resource: metadataOf(resource),
    scope,
    mirror: { replace: onChange, apply: onChange },
    clock: pageClock,
    random: pageRandom,
    onError: (error) => onProblem(`The API server does not answer: ${messageOf(error)}`),
  });
  void reflector.run(signal);
  return () => end.abort();
}
