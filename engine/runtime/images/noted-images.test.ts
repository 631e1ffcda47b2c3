import { expect, it } from 'vitest';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { Image } from '../types.ts';
import { fetchNotedImages, noteImages } from './noted-images.ts';

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
  const store = {
    find: (id: string) => (id === 'sha256:b' ? image('b') : undefined),
    pull: (name: string) => {
      if (name.startsWith('gone')) return Promise.reject(new Error('not found'));
      done.push(`pull ${name}`);
      return Promise.resolve(image('a'));
    },
    tag: (id: string, name: string) => Promise.resolve(void done.push(`tag ${id} ${name}`)),
  };
  await fetchNotedImages(agent, store, (error) => failures.push(error));
  expect(done).toEqual([]);
  await noteImages(agent, { list: () => [image('gone'), image('a'), image('b')] });
  await fetchNotedImages(agent, store, (error) => failures.push(error));
  expect(done).toEqual(['pull a@sha256:ma', 'tag sha256:a a:1']);
  expect(failures).toEqual([new Error('not found')]);
});
