/** What `docker pull` prints, line by line. */
import type { Clock } from '../../base/clock.ts';
import { familiarReference, parseReference } from '../../runtime/images/reference.ts';
import type { PullEvent } from '../../runtime/types.ts';
import { humanSize } from '../go-format.ts';

const STATUS = {
  pulling: 'Pulling fs layer',
  exists: 'Already exists',
  waiting: 'Waiting',
  downloading: 'Downloading',
  verifying: 'Verifying Checksum',
  downloaded: 'Download complete',
  extracting: 'Extracting',
  done: 'Pull complete',
} as const;

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

/** Turns events into lines. Nothing is written before the registry has answered, so that its errors can be an HTTP status. */
export class PullProgress {
  readonly #clock: Clock;
  readonly #write: (line: Readonly<Record<string, unknown>>) => void;
  readonly #lastTold = new Map<string, number>();
  #heading: Readonly<Record<string, unknown>> | undefined;

  constructor(clock: Clock, write: (line: Readonly<Record<string, unknown>>) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  readonly onEvent = (event: PullEvent): void => {
    switch (event.kind) {
      case 'resolving':
        this.#heading = { status: `Pulling from ${event.repository}`, id: event.reference };
        break;
      case 'layer':
        this.#begin();
        this.#layer(event);
        break;
      case 'resolved':
        this.#begin();
        this.#write({ status: `Digest: ${event.digest}` });
        this.#write({
          status: `Status: ${event.upToDate ? 'Image is up to date' : 'Downloaded newer image'} for ${familiarReference(parseReference(event.reference))}`,
        });
        break;
    }
  };

  #begin(): void {
    if (this.#heading === undefined) return;
    this.#write(this.#heading);
    this.#heading = undefined;
  }

  #layer({ id, state, current, total }: Extract<PullEvent, { kind: 'layer' }>): void {
    const moving = state === 'downloading' || state === 'extracting';
    if (moving) {
      const now = this.#clock.monotonic();
      const key = `${id}/${state}`;
      if (
        now - (this.#lastTold.get(key) ?? Number.NEGATIVE_INFINITY) < INTERVAL_MS &&
        current < total
      )
        return;
      this.#lastTold.set(key, now);
    }
    this.#write({
      status: STATUS[state],
      progressDetail: moving ? { current, total } : {},
      ...(moving ? { progress: progressText(current, total) } : {}),
      id,
    });
  }
}
