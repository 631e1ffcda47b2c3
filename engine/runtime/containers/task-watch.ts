import type { TaskEvent, TaskInfo } from '../../api/agent.ts';
import { sleep, type Clock } from '../../base/clock.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';

/** Between attempts to reach an agent whose session has ended, in milliseconds: twice as long each time. */
const FIRST_RETRY_DELAY = 200;
const LONGEST_RETRY_DELAY = 5000;

export interface TaskWatchListener {
  /** what the machine runs, whenever events may have been missed before */
  onTasks(tasks: readonly TaskInfo[]): Promise<void>;
  onEvent(event: TaskEvent): void;
}

/** Follows the machine's tasks over resets of the agent's session. */
export class TaskWatch {
  readonly #agent: AgentClient;
  readonly #clock: Clock;
  readonly #listener: TaskWatchListener;
  readonly #closing = new AbortController();
  #leave: (() => Promise<void>) | undefined;

  constructor(agent: AgentClient, clock: Clock, listener: TaskWatchListener) {
    this.#agent = agent;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Resolves when the first list was handled. */
  async start(): Promise<void> {
    const first = await this.#connect();
    void this.#follow(first);
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The runtime was closed.'));
    await this.#leave?.();
  }

  /** Events are asked for before the list, so that nothing falls between the two. */
  async #connect(): Promise<AsyncIterable<TaskEvent>> {
    const events = await this.#agent.messages('task.events', {});
    this.#leave = () => events.close();
    const { tasks } = await this.#agent.call('task.list', {});
    await this.#listener.onTasks(tasks);
    return events;
  }

  async #follow(first: AsyncIterable<TaskEvent>): Promise<void> {
    let events: AsyncIterable<TaskEvent> | undefined = first;
    let delay = FIRST_RETRY_DELAY;
    while (!this.#closing.signal.aborted) {
      try {
        events ??= await this.#connect();
        delay = FIRST_RETRY_DELAY;
        for await (const event of events) this.#listener.onEvent(event);
      } catch {
        // The session ended; the next one tells what happened meanwhile.
      }
      events = undefined;
      await sleep(this.#clock, delay, this.#closing.signal).catch(() => {});
      delay = Math.min(delay * 2, LONGEST_RETRY_DELAY);
    }
  }
}
