import { expect, it } from 'vitest';
import type { LabFiles } from '../../../engine/api/lab.ts';
import { collectFiles, putSharedFiles } from './shared-files.ts';

const encode = (text: string) => new TextEncoder().encode(text);

/** Files in memory, by their absolute paths. */
function memoryFiles(content: Readonly<Record<string, Uint8Array>>) {
  const files = new Map(Object.entries(content));
  const missing = () => Promise.reject(new Error('There is no such file.'));
  const machine = {
    list(folder: string) {
      const prefix = folder.endsWith('/') ? folder : `${folder}/`;
      const below = [...files].filter(([path]) => path.startsWith(prefix));
      const names = new Set(below.map(([path]) => path.slice(prefix.length).split('/')[0] ?? ''));
      return Promise.resolve(
        [...names].map((name) => {
          const file = files.get(prefix + name);
          return { name, kind: file ? 'file' : 'directory', size: file?.length ?? 0 };
        }),
      );
    },
    stat: (path: string) => (files.has(path) ? Promise.resolve({}) : missing()),
    read: (path: string) => {
      const file = files.get(path);
      return file ? Promise.resolve(file) : missing();
    },
    write: (path: string, bytes: Uint8Array) => Promise.resolve(void files.set(path, bytes)),
    rename(from: string, to: string) {
      const file = files.get(from);
      if (!file) return missing();
      files.delete(from);
      files.set(to, file);
      return Promise.resolve();
    },
  } as unknown as LabFiles;
  const texts = () =>
    Object.fromEntries([...files].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]));
  return { machine, texts };
}

it('collects texts below a folder, and says what it left out', async () => {
  const { machine } = memoryFiles({
    '/root/work/a/Dockerfile': encode('FROM nginx\n'),
    '/root/work/a/deep/page.html': encode('<p>'),
    '/root/work/a/picture.png': new Uint8Array([0x89, 0x50, 0xff]),
    '/root/work/a/large.txt': new Uint8Array(100_000),
    '/root/work/a/new\nline': encode('text'),
    '/root/work/b/other': encode('other'),
  });
  expect(await collectFiles(machine, 'a')).toEqual({
    files: { 'a/Dockerfile': 'FROM nginx\n', 'a/deep/page.html': '<p>' },
    left: ['a/picture.png', 'a/large.txt', 'a/new\nline'],
  });
  expect(Object.keys((await collectFiles(machine, '')).files)).toContain('b/other');
});

it('writes files, and loses nothing that was there', async () => {
  const { machine, texts } = memoryFiles({
    '/root/work/same': encode('same'),
    '/root/work/mine': encode('mine'),
    '/root/work/mine.before': encode('earlier'),
  });
  expect(await putSharedFiles(machine, { same: 'same', mine: 'theirs', new: 'new' })).toEqual([
    'mine.before-2',
  ]);
  expect(texts()).toEqual({
    '/root/work/same': 'same',
    '/root/work/mine': 'theirs',
    '/root/work/mine.before': 'earlier',
    '/root/work/mine.before-2': 'mine',
    '/root/work/new': 'new',
  });
});
