/** What the offline copy consists of, and in which order it is fetched. Pure: `offline-copy.ts` fetches. */
import { z } from 'zod';
import { isHashed } from './hashed-name.ts';

/** `offline.json` beside the page: the files of the app itself, written when it is built. */
export const appFiles = z.object({
  /** changes with any of the files */
  version: z.string(),
  files: z.array(z.object({ path: z.string(), size: z.number() })),
});
export type AppFiles = z.infer<typeof appFiles>;

export const partNames = ['docker', 'cluster', 'images'] as const;
export type PartName = (typeof partNames)[number];

/** What is said of a copy beside its files. */
export const copyRecord = z.object({
  /** of the app */
  version: z.string(),
  parts: z.array(z.enum(partNames)),
  /** of all files, as they are stored */
  bytes: z.number(),
});
export type CopyRecord = z.infer<typeof copyRecord>;

export interface CopyPlan {
  /** to fetch first, in any order: what is there already stays as it is */
  readonly lasting: readonly string[];
  /** to fetch when those are there, and to replace all together: before, the copy is what it was */
  readonly changing: readonly string[];
}

/** @param present paths of the copy that is there */
export function planCopy(wanted: Iterable<string>, present: ReadonlySet<string>): CopyPlan {
  const all = [...new Set(wanted)];
  return {
    lasting: all.filter((path) => isHashed(path) && !present.has(path)),
    changing: all.filter((path) => !isHashed(path)),
  };
}

const MEGA = 1e6;

/** Such as `76 MB`. */
export function megabytes(bytes: number): string {
  return `${bytes < 10 * MEGA ? (bytes / MEGA).toFixed(1) : Math.round(bytes / MEGA)} MB`;
}
