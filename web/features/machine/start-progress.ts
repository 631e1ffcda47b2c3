import type { MachineProgress } from '../../../engine/api/machine.ts';

/** Where each phase begins and ends on the bar, from 0 to 1, by what it costs on an ordinary connection. */
const spans: Record<
  'restore' | 'cold',
  Record<MachineProgress['phase'], readonly [number, number]>
> = {
  restore: {
    fetching: [0, 0.7],
    decompressing: [0.7, 0.82],
    restoring: [0.82, 0.92],
    booting: [0.3, 0.92],
    personalising: [0.92, 0.99],
    ready: [1, 1],
  },
  cold: {
    fetching: [0, 0.3],
    decompressing: [0.3, 0.32],
    restoring: [0.32, 0.35],
    booting: [0.35, 0.95],
    personalising: [0.95, 0.99],
    ready: [1, 1],
  },
};

/** The whole start's share, 0 to 1. */
export function shareOf(progress: MachineProgress, start: 'restore' | 'cold'): number {
  const [from, to] = spans[start][progress.phase];
  const inPhase = progress.total > 0 ? Math.min(1, Math.max(0, progress.done / progress.total)) : 0;
  return from + (to - from) * inPhase;
}

/** What is left of the phase: `3.1 of 8.8 MB`, `about 2 s left`; empty when that says nothing. */
export function remainder({ phase, done, total }: MachineProgress): string {
  switch (phase) {
    case 'fetching':
    case 'decompressing':
      // A total that is not known yet is 0 or 1.
      return total < 2 ? '' : `${megabytes(Math.min(done, total))} of ${megabytes(total)} MB`;
    case 'booting': {
      if (total <= 0) return '';
      const seconds = Math.ceil((total - done) / 1000);
      return seconds > 0 ? `about ${seconds} s left` : 'a moment longer than usual';
    }
    case 'restoring':
    case 'personalising':
    case 'ready':
      return '';
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
