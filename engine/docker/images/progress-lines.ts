import type { Clock } from '../../base/clock.ts';
import { humanSize } from '../../base/go-format.ts';

export type WriteLine = (line: Readonly<Record<string, unknown>>) => void;

/** dockerd tells of one layer's progress at most this often; clients in the machine pay for each line. */
const INTERVAL_MS = 100;
const BAR = 50;

/** The bar that old clients show; new ones draw their own. */
function progressText(current: number, total: number): string {
  if (total <= 0) return humanSize(current).padStart(8);
  const done = Math.min(Math.trunc(((current / total) * 100) / 2), BAR);
  const numbers = `${humanSize(Math.min(current, total)).padStart(8)}/${humanSize(total)}`;
  return `[${'='.repeat(done)}>${' '.repeat(BAR - done)}] ${numbers}`;
}

/** Lines about layers that are on their way, as dockerd's clients read them. */
export class ProgressLines {
  readonly #clock: Clock;
  readonly #write: WriteLine;
  readonly #lastTold = new Map<string, number>();

  constructor(clock: Clock, write: WriteLine) {
    this.#clock = clock;
    this.#write = write;
  }

  tell(id: string, status: string): void {
    this.#write({ status, progressDetail: {}, id });
  }

  /** The same with a bar; left out when it comes soon after another of its kind, unless it is the last. */
  tellMoving(id: string, status: string, current: number, total: number): void {
    const now = this.#clock.monotonic();
    const key = `${id}/${status}`;
    const last = this.#lastTold.get(key) ?? Number.NEGATIVE_INFINITY;
    if (now - last < INTERVAL_MS && current < total) return;
    this.#lastTold.set(key, now);
    const progress = progressText(current, total);
    this.#write({ status, progressDetail: { current, total }, progress, id });
  }
}
