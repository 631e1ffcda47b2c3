import { describe, expect, it } from 'vitest';
import type { ArtifactSource } from '../machine/artifacts/artifact-source.ts';
import { MachineError } from '../machine/machine-error.ts';
import { profileDownload } from './profile-download.ts';

const sourceOf = (files: Readonly<Record<string, object>>): ArtifactSource => ({
  fetchedBytes: 0,
  read(path) {
    const file = files[path];
    return file === undefined
      ? Promise.reject(new MachineError('ARTIFACT_UNAVAILABLE', `There is no ${path}.`))
      : Promise.resolve(new TextEncoder().encode(JSON.stringify(file)));
  },
});
const manifest = {
  kernel: { size: 6 },
  profiles: { docker: { bytes: 40 }, 'docker-reference': { bytes: 70 } },
};

describe('what another profile costs', () => {
  it('is its partitions and the kernel, when it must boot', async () => {
    const source = sourceOf({ 'guest/manifest.json': manifest });
    expect(await profileDownload(source, 'docker-reference', 'docker')).toEqual({
      start: 'cold',
      bytes: 36,
    });
  });

  it('is its partitions and its saved state, when there is one', async () => {
    const source = sourceOf({
      'guest/manifest.json': manifest,
      'states/docker-reference.json': { size: 35 },
    });
    expect(await profileDownload(source, 'docker-reference', 'docker')).toEqual({
      start: 'restore',
      bytes: 65,
    });
    expect(await profileDownload(source, 'docker', 'docker-reference')).toMatchObject({
      start: 'cold',
      bytes: 6,
    });
  });
});
