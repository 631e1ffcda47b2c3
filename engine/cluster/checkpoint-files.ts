/** Checkpoints as files, for pages. Apart from `index.ts`, because a page seldom needs it. */
export { readCheckpoint, writeCheckpoint } from './saved/checkpoint-file.ts';
