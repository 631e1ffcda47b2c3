import path from 'node:path';

/** Absolute paths of what a machine reads in Node. */
export interface GuestDirectories {
  /** built artifacts: `engine/guest/dist` */
  readonly guest: string;
  /** prepared states: `build/states` */
  readonly states: string;
}

const root = path.resolve(import.meta.dirname, '../../..');

/** Where the repository keeps them. */
export const repositoryDirectories: GuestDirectories = {
  guest: path.join(root, 'engine/guest/dist'),
  states: path.join(root, 'build/states'),
};
