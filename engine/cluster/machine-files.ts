/** Saved machines as files, for pages. Apart from `index.ts`, because a page seldom needs it. */
export { readMachineFile, writeMachineFile } from '../machine/states/machine-file.ts';
