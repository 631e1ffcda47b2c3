import type { SavedMachine } from './machine.ts';

/** A machine beside a lesson's own, as it was. */
export interface KeptMachine {
  readonly saved: SavedMachine;
  /** milliseconds that it had taken to start */
  readonly startMs: number;
}

/** Machines beside a lesson's own, as they were. */
export interface LessonMachines {
  /** id of the lesson */
  readonly lesson: string;
  /** by name */
  readonly machines: Readonly<Record<string, KeptMachine>>;
}

/** What runs, at one moment. */
export interface World {
  /** the machine with Docker, with its images */
  readonly machine?: SavedMachine;
  /** those beside that of the lesson that is open; absent when there are none */
  readonly others?: LessonMachines;
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
