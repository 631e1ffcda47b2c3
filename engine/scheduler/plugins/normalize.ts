import { MAX_NODE_SCORE } from '../framework/plugin.ts';

/** Brings scores from 0 to the highest of them between 0 and 100; `reverse` makes the lowest the best. */
export function normalizeByHighest(scores: number[], reverse = false): void {
  const highest = scores.reduce((most, score) => Math.max(most, score), 0);
  for (const [index, score] of scores.entries()) {
    const scaled = highest === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * score) / highest);
    scores[index] = reverse ? MAX_NODE_SCORE - scaled : scaled;
  }
}
