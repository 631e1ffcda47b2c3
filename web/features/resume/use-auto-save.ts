import { useSyncExternalStore } from 'react';
import { dates } from '../../ui/dates.ts';
import { contentsOf, type CheckpointEntry } from '../checkpoints/checkpoint-database.ts';
import { formatBytes } from '../machine/readings.ts';
import type { AutoSave, AutoSaveState } from './auto-save.ts';

export function useAutoSave(autoSave: AutoSave): AutoSaveState {
  return useSyncExternalStore(autoSave.subscribe, autoSave.state);
}

/** What was left, when, and how large it is. */
export function factsOf(entry: CheckpointEntry): string {
  return `${contentsOf(entry)} · ${dates.format(entry.savedAt)} · ${formatBytes(entry.size)}`;
}
