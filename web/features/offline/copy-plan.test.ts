import { expect, it } from 'vitest';
import { megabytes, planCopy } from './copy-plan.ts';
import { isHashed } from './hashed-name.ts';

it.each([
  ['assets/index-Df_w4CNI.js', true],
  ['guest/base/chunks/ea3174b73048ba3b6b84086c88ddb78f.zst', true],
  ['states/docker-8d38873520a6bb26.zst', true],
  [
    'guest/images/blobs/sha256/09598a85e277e4b28a3753cb805229c0c2536b10fd4d1a09c2a1e62693573c16',
    true,
  ],
  ['index.html', false],
  ['guest/manifest.json', false],
  ['guest/base/disk.json', false],
  ['states/docker.json', false],
])('knows whether %s can change: %s', (path, hashed) => {
  expect(isHashed(path)).toBe(hashed);
});

it('fetches what never changes first and only once, what may change last and always', () => {
  const wanted = ['index.html', 'assets/a.js', 'assets/b.js', 'assets/b.js', 'states/docker.json'];
  expect(planCopy(wanted, new Set(['assets/a.js', 'index.html']))).toEqual({
    lasting: ['assets/b.js'],
    changing: ['index.html', 'states/docker.json'],
  });
});

it('says sizes as people do', () => {
  expect([megabytes(1_540_000), megabytes(46_252_182)]).toEqual(['1.5 MB', '46 MB']);
});
