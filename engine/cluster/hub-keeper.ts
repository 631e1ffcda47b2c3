import type { HubContents, HubService } from '../api/hub.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { WorkerKeeper } from './worker-keeper.ts';

/** The one registry of a lab, in a worker that starts when it is first needed, and anew when it has died. */
export class HubKeeper {
  readonly #worker: WorkerKeeper<HubService>;

  /** @param artifacts absolute URL, ending in a slash, of the folder that holds `guest/`; Node reads files instead */
  constructor(spawn: () => WorkerLink, artifacts?: string) {
    this.#worker = new WorkerKeeper(spawn, (service) => service.start(artifacts));
  }

  /** Leads to the registry's `HubService`, for another worker. */
  async openPort(): Promise<MessagePort> {
    return (await this.#worker.running()).openPort();
  }

  async contents(): Promise<HubContents> {
    return (await this.#worker.running()).service.contents();
  }

  close(): Promise<void> {
    return this.#worker.close();
  }
}
