import type { Clock } from '../../base/clock.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';

/** Lines that wait for a machine that does not take them. */
const MOST_WAITING = 2000;

/** Adds lines to a log on a node; a container's is in the format of the CRI. */
export class NodeLog {
  readonly #agent: Pick<AgentClient, 'writeFile'>;
  readonly #clock: Clock;
  readonly #path: string;
  readonly #format: 'cri' | 'plain';
  readonly #waiting: string[] = [];
  #isWriting = false;

  constructor(
    agent: Pick<AgentClient, 'writeFile'>,
    clock: Clock,
    path: string,
    format: 'cri' | 'plain' = 'cri',
  ) {
    this.#agent = agent;
    this.#clock = clock;
    this.#path = path;
    this.#format = format;
  }

  /** Never waits: a node that is gone must not hold up what runs on it. */
  write(lines: readonly string[]): void {
    const time = new Date(this.#clock.now()).toISOString().replace('Z', '000000Z');
    const head = this.#format === 'cri' ? `${time} stderr F ` : '';
    for (const line of lines) this.#waiting.push(`${head}${line}\n`);
    if (this.#waiting.length > MOST_WAITING)
      this.#waiting.splice(0, this.#waiting.length - MOST_WAITING);
    if (!this.#isWriting) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0)
        await this.#agent.writeFile(this.#path, this.#waiting.splice(0).join(''), {
          append: true,
          makeParents: true,
          mode: 0o640,
        });
    } catch {
      // The machine has gone, and its log with it.
      this.#waiting.splice(0);
    } finally {
      this.#isWriting = false;
    }
  }
}
