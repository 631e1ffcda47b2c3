import { expect, it } from 'vitest';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { Image } from '../types.ts';
import { NotedImages } from './noted-images.ts';

const image = (id: string): Image =>
  ({
    id: `sha256:${id}`,
    tags: [`${id}:1`],
    repoDigests: [`${id}@sha256:m${id}`],
  }) as unknown as Image;

function machine() {
  const files = new Map<string, string>();
  return {
    writeFile: (path: string, content: unknown) =>
      Promise.resolve(void files.set(path, String(content))),
    readTextFile(path: string) {
      const text = files.get(path);
      if (text === undefined) return Promise.reject(new AgentError('ENOENT', path));
      return Promise.resolve(text);
    },
  };
}

it('has the images again that were noted, by their digests and with their names', async () => {
  const agent = machine();
  const done: string[] = [];
  const failures: unknown[] = [];
  const images = {
    list: () => [image('gone'), image('a'), image('b')],
    find: (id: string) => (id === 'sha256:b' ? image('b') : undefined),
    pull: (name: string) => {
      if (name.startsWith('gone')) return Promise.reject(new Error('not found'));
      done.push(`pull ${name}`);
      return Promise.resolve(image('a'));
    },
    tag: (id: string, name: string) => Promise.resolve(void done.push(`tag ${id} ${name}`)),
  };
  const onError = (error: unknown): void => void failures.push(error);
  const noted = () => new NotedImages(agent, images, onError);
  await noted().fetch();
  expect(done).toEqual([]);
  await noted().write();
  const again = noted();
  await again.fetch();
  expect(done).toEqual(['pull a@sha256:ma', 'tag sha256:a a:1']);
  expect(failures).toEqual([new Error('not found')]);

  // What could not be had is noted still; what has gone since is not.
  images.list = () => [image('b')];
  await again.write();
  expect(await idsOf(agent)).toEqual(['sha256:b', 'sha256:gone']);
});

it('notes what is on its way', async () => {
  const agent = machine();
  const images = {
    list: () => [image('a')],
    find: () => undefined,
    pull: () => new Promise<Image>(() => {}),
    tag: () => Promise.resolve(),
  };
  const noted = () => new NotedImages(agent, images, () => {});
  await noted().write();
  images.list = () => [];
  const again = noted();
  void again.fetch();
  await expect.poll(async () => (await again.write(), idsOf(agent))).toEqual(['sha256:a']);
});

async function idsOf(agent: ReturnType<typeof machine>): Promise<readonly string[]> {
  const text = await agent.readTextFile('/var/lib/drydock/images.json');
  return (JSON.parse(text) as readonly { readonly id: string }[]).map(({ id }) => id);
}
