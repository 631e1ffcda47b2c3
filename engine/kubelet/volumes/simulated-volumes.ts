import { sleep } from '../../base/clock.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { KubeletContext } from '../contracts.ts';
import { listOf } from './node-files.ts';

/** Where volumes of the simulated provisioner are, each in a directory named like its PersistentVolume. */
const DIRECTORY = '/var/lib/drydock/volumes';
/** Milliseconds between looks: nobody sees what is left meanwhile. */
const PERIOD_MS = 60_000;

/**
 * The part of the simulated provisioner that is on the node: removes the directories of volumes that were deleted, as a
 * driver's DeleteVolume does.
 */
export class SimulatedVolumes {
  readonly #context: Pick<KubeletContext, 'agent' | 'client' | 'clock' | 'onError'>;
  /** Volumes that were in the API: an API that was emptied or set back must not cost the others. */
  readonly #seen = new Set<string>();

  constructor(context: Pick<KubeletContext, 'agent' | 'client' | 'clock' | 'onError'>) {
    this.#context = context;
  }

  /** Resolves when the signal aborts. */
  readonly run = async (signal: AbortSignal): Promise<void> => {
    const { clock, onError } = this.#context;
    while (!signal.aborted) {
      await sleep(clock, PERIOD_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.clean().catch(onError);
    }
  };

  async clean(): Promise<void> {
    const { agent } = this.#context;
    for (const { name } of await listOf(agent, DIRECTORY)) {
      if (!(await this.#isGone(name))) this.#seen.add(name);
      else if (this.#seen.delete(name))
        await agent.call('file.remove', { path: `${DIRECTORY}/${name}`, recursive: true });
    }
  }

  async #isGone(name: string): Promise<boolean> {
    try {
      await this.#context.client.get(resources.persistentVolumes, { name });
      return false;
    } catch (error) {
      if (reasonOf(error) === 'NotFound') return true;
      throw error;
    }
  }
}
