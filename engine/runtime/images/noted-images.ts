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
  readonly #read: Promise<void>;

  constructor(
    agent: Pick<AgentClient, 'readTextFile' | 'writeFile'>,
    images: Pick<Images, 'list' | 'find' | 'pull' | 'tag'>,
    onError: (error: unknown) => void,
  ) {
    this.#agent = agent;
    this.#images = images;
    this.#onError = onError;
    this.#read = this.#readNote();
    // Who fetches is told.
    this.#read.catch(() => {});
  }

  /** Pulls what is noted and not here. Of what cannot be had again is told; who needs it meets that it is missing. */
  async fetch(): Promise<void> {
    const images = this.#images;
    await this.#read;
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

  /** Notes what is here, and what is on its way. A note that cannot be read is left as it is. */
  async write(): Promise<void> {
    const isRead = await this.#read.then(
      () => true,
      () => false,
    );
    if (!isRead) return;
    const here = this.#images
      .list()
      .map(({ id, tags, repoDigests }) => ({ id, tags: [...tags], repoDigests: [...repoDigests] }));
    // One that is being fetched is here before it has its names.
    const noted = new Map([...here.map((one) => [one.id, one] as const), ...this.#missing]);
    const text = JSON.stringify([...noted.values()]);
    await this.#agent.writeFile(FILE, text, { makeParents: true, mode: 0o600 });
  }

  async #readNote(): Promise<void> {
    let text: string;
    try {
      text = await this.#agent.readTextFile(FILE);
    } catch (error) {
      if (error instanceof AgentError && error.code === 'ENOENT') return;
      throw error;
    }
    for (const one of z.array(note).parse(JSON.parse(text)))
      if (this.#images.find(one.id) === undefined) this.#missing.set(one.id, one);
  }
}
