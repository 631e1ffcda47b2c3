/** What `docker pull` prints, line by line. */
import type { Clock } from '../../base/clock.ts';
import type { PullEvent } from '../../runtime/types.ts';
import { ProgressLines, type WriteLine } from './progress-lines.ts';

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

/** Turns events into lines. Nothing is written before the registry has answered, so that its errors can be an HTTP status. */
export class PullProgress {
  readonly #write: WriteLine;
  readonly #lines: ProgressLines;
  #heading: Readonly<Record<string, unknown>> | undefined;
  #isNew = false;

  constructor(clock: Clock, write: WriteLine) {
    this.#write = write;
    this.#lines = new ProgressLines(clock, write);
  }

  readonly onEvent = (event: PullEvent): void => {
    switch (event.kind) {
      case 'resolving':
        this.#heading = { status: `Pulling from ${event.repository}`, id: event.reference };
        break;
      case 'layer': {
        this.#begin();
        const { id, state, current, total } = event;
        if (state === 'downloading' || state === 'extracting')
          this.#lines.tellMoving(id, STATUS[state], current, total);
        else this.#lines.tell(id, STATUS[state]);
        break;
      }
      case 'resolved':
        this.#begin();
        this.#write({ status: `Digest: ${event.digest}` });
        this.#isNew ||= !event.upToDate;
        break;
    }
  };

  /** The last line, about all that was pulled. */
  finish(reference: string): void {
    const text = this.#isNew ? 'Downloaded newer image' : 'Image is up to date';
    this.#write({ status: `Status: ${text} for ${reference}` });
  }

  #begin(): void {
    if (this.#heading === undefined) return;
    this.#write(this.#heading);
    this.#heading = undefined;
  }
}
