import { z } from 'zod';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import type { Images } from '../types.ts';

/** Where the note travels with the machine. */
const FILE = '/var/lib/drydock/images.json';

const notes = z.array(
  z.object({ id: z.string(), tags: z.array(z.string()), repoDigests: z.array(z.string()) }),
);

/** Notes in the machine which images it has: saved, it holds none of them, and all came from a registry. */
export async function noteImages(
  agent: Pick<AgentClient, 'writeFile'>,
  images: Pick<Images, 'list'>,
): Promise<void> {
  const noted: z.infer<typeof notes> = images
    .list()
    .map(({ id, tags, repoDigests }) => ({ id, tags: [...tags], repoDigests: [...repoDigests] }));
  await agent.writeFile(FILE, JSON.stringify(noted), { makeParents: true, mode: 0o600 });
}

/** Pulls what is noted and not there. Of what cannot be had again is told; who needs it meets that it is missing. */
export async function fetchNotedImages(
  agent: Pick<AgentClient, 'readTextFile'>,
  images: Pick<Images, 'find' | 'pull' | 'tag'>,
  onError: (error: unknown) => void,
): Promise<void> {
  let text: string;
  try {
    text = await agent.readTextFile(FILE);
  } catch (error) {
    if (error instanceof AgentError && error.code === 'ENOENT') return;
    throw error;
  }
  const missing = notes.parse(JSON.parse(text)).filter(({ id }) => images.find(id) === undefined);
  for (const { id, tags, repoDigests } of missing) {
    try {
      for (const digest of repoDigests) await images.pull(digest);
      for (const tag of tags) await images.tag(id, tag);
    } catch (error) {
      onError(error);
    }
  }
}
