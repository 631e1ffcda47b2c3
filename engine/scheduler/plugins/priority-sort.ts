import type { Plugin } from '../framework/plugin.ts';
import { NAMES } from './names.ts';

/** Higher priority first, then who waits longer. */
export const prioritySort: Plugin = {
  name: NAMES.prioritySort,
  compare: (a, b) => b.info.priority - a.info.priority || a.timestamp - b.timestamp,
};
