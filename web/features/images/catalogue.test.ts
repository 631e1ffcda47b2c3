import { describe, expect, it } from 'vitest';
import type { RepositoryEntry } from '../../../engine/api/image-index.ts';
import { describeHub, dockerSize } from './catalogue.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}` as const;
const entry = (layers: readonly (readonly [string, number])[]): RepositoryEntry => ({
  description: '',
  differences: [],
  tags: { stable: digest('f'), '1': digest('f'), latest: digest('f'), '1.2.3': digest('f') },
  manifests: {},
  blobs: {},
  layers: layers.map(([letter, size]) => ({ digest: digest(letter), size, createdBy: letter })),
  sources: [],
});

describe('describeHub', () => {
  const { official } = describeHub({
    official: {
      repositories: {
        'library/nginx': entry([
          ['a', 7000],
          ['b', 600],
        ]),
        'library/debian': entry([['c', 1]]),
        'registry.k8s.io/pause': entry([]),
        'library/redis': entry([['a', 7000]]),
      },
    },
    pushed: [],
  });

  it('names images as docker pull takes them, in order', () => {
    expect(official.map(({ name }) => name)).toEqual([
      'debian',
      'nginx',
      'redis',
      'registry.k8s.io/pause',
    ]);
  });

  it('tells which layers an image shares, and what is its own', () => {
    const nginx = official[1];
    expect(nginx?.layers.map(({ sharedWith }) => sharedWith)).toEqual([['redis'], []]);
    expect([nginx?.size, nginx?.ownSize]).toEqual([7600, 600]);
  });

  it('puts the tag that is meant without one first', () => {
    expect(official[0]?.tags).toEqual(['latest', '1.2.3', '1', 'stable']);
  });
});

it.each([
  [0, '0 B'],
  [283, '283 B'],
  [12_176, '12.2 kB'],
  [7_017_882, '7.02 MB'],
  [24_715_857, '24.7 MB'],
])('%i bytes are %s', (bytes, text) => {
  expect(dockerSize(bytes)).toBe(text);
});
