import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const guestFolder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const repositoryFolder = path.resolve(guestFolder, '..', '..');
/** What is committed and served. */
export const distFolder = path.join(guestFolder, 'dist');
/** Downloads and build trees; may be deleted at any time. */
export const cacheFolder = path.join(repositoryFolder, 'build', 'guest');
export const packageCache = path.join(cacheFolder, 'packages');

/** 2026-01-01T00:00:00Z: the time stamp of everything built here, in seconds. */
export const sourceDateEpoch = 1_767_225_600;
