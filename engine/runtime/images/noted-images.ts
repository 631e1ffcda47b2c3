import { z } from 'zod';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import type { Images } from '../types.ts';

/** Where the note travels with the machine. */
const FILE = '/var/lib/drydock/images.json';

const note = z.object({
  id: z.string(),
  tags: z.array(z.string()),
  repoDigests: z.array(z.string()),
});
type Note = z.infer<typeof note>;

/** A note in the machine of the images it has: saved, it holds none of them, and all came from a registry. */
export class NotedImages {
  readonly #agent: Pick<AgentClient, 'readTextFile' | 'writeFile'>;
  readonly #images: Pick<Images, 'list' | 'find' | 'pull' | 'tag'>;
  readonly #onError: (error: unknown) => void;
  /** that were noted and are not here yet, or could not be had */
  readonly #missing = new Map<string, Note>();

  constructor(
    agent: Pick<AgentClient, 'readTextFile' | 'writeFile'>,
    images: Pick<Images, 'list' | 'find' | 'pull' | 'tag'>,
    onError: (error: unknown) => void,
  ) {
    this.#agent = agent;
    this.#images = images;
    this.#onError = onError;
  }

  /** Pulls what is noted and not here. Of what cannot be had again is told; who needs it meets that it is missing. */
  async fetch(): Promise<void> {
    const images = this.#images;
    for (const one of await this.#read())
      if (images.find(one.id) === undefined) this.#missing.set(one.id, one);
    for (const { id, tags, repoDigests } of this.#missing.values()) {
      try {
        for (const digest of repoDigests) await images.pull(digest);
        for (const tag of tags) await images.tag(id, tag);
        this.#missing.delete(id);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** Notes what is here, and what is on its way. */
  async write(): Promise<void> {
    const here = this.#images
      .list()
      .map(({ id, tags, repoDigests }) => ({ id, tags: [...tags], repoDigests: [...repoDigests] }));
    const noted = new Map([...this.#missing, ...here.map((one) => [one.id, one] as const)]);
    const text = JSON.stringify([...noted.values()]);
    await this.#agent.writeFile(FILE, text, { makeParents: true, mode: 0o600 });
  }

  async #read(): Promise<readonly Note[]> {
    try {
      return z.array(note).parse(JSON.parse(await this.#agent.readTextFile(FILE)));
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ENOENT') return [];
      throw error;
    }
  }
}
