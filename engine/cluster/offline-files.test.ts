import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { FileArtifactSource } from '../machine/artifacts/file-artifact-source.node.ts';
import { repositoryDirectories } from '../machine/worker/guest-directories.node.ts';
import { listOfflineParts } from './offline-files.ts';

// Of the guest that is in the repository; whether states are prepared does not matter here.
const parts = await listOfflineParts(new FileArtifactSource(repositoryDirectories));

const sizeOf = (file: string): number => {
  const [top = '', ...rest] = file.split('/');
  const folder = top === 'guest' ? repositoryDirectories.guest : repositoryDirectories.states;
  return statSync(path.join(folder, ...rest)).size;
};

it.each(['docker', 'cluster', 'images'] as const)(
  'the files of %s are there, and weigh what is said',
  (name) => {
    const { paths, bytes } = parts[name];
    const real = paths.reduce((sum, file) => sum + sizeOf(file), 0);
    expect(paths.length).toBeGreaterThan(20);
    // Lists of files are not counted.
    expect(Math.abs(real - bytes) / real).toBeLessThan(0.01);
  },
);

it('no file belongs to two parts', () => {
  const all = Object.values(parts).flatMap(({ paths }) => paths);
  expect(new Set(all).size).toBe(all.length);
});
