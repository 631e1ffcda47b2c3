import type { SavedMachine } from './machine.ts';

/** What runs, at one moment. */
export interface World {
  /** the machine with Docker, with its images */
  readonly machine?: SavedMachine;
  /** what `ClusterFacade.save` gave */
  readonly cluster?: Blob;
}

/** The whole world at one moment: what is needed to go on from there, later and elsewhere too. */
export interface Checkpoint extends World {
  /** given by the one who made it */
  readonly name: string;
  /** UNIX time in milliseconds */
  readonly savedAt: number;
  /** lesson and step that were open, as in the address of the page: `#/lesson/…` */
  readonly place?: string;
  /** files that were open in the editor, by machine */
  readonly openFiles?: Readonly<Record<string, OpenFilesRecord>>;
}

export interface OpenFilesRecord {
  /** absolute, in the order of their tabs */
  readonly paths: readonly string[];
  /** the one before the learner */
  readonly shown?: string;
}
