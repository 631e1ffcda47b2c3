import { pageClock, pageRandom } from '../../../engine/cluster/index.ts';
import { followWith, type Followed } from './follow-with.ts';

/** Asks now, and again whenever an object in scope has changed, until the returned function is called. */
export function follow<Answer>(followed: Followed<Answer>): () => void {
  return followWith({ clock: pageClock, random: pageRandom }, followed);
}
