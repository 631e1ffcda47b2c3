import { expect, it } from 'vitest';
import { Keyring } from './keyring.ts';

function keyring(...registries: readonly string[]): Keyring {
  const made = new Keyring();
  made.add(Object.fromEntries(registries.map((name) => [name, { username: name, password: 'p' }])));
  return made;
}

it.each([
  ['https://index.docker.io/v1/', 'nginx', true],
  ['https://index.docker.io/v1/', 'library/nginx', true],
  ['https://index.docker.io/v1/', 'docker.io/me/app', true],
  ['https://index.docker.io/v1/', 'registry.test/app', false],
  ['registry.test', 'registry.test/app:1', true],
  ['registry.test', 'other.test/app', false],
  ['registry.test:5000', 'registry.test:5000/app', true],
  ['registry.test:5000', 'registry.test/app', false],
  ['registry.test/team', 'registry.test/team/app', true],
  ['registry.test/team', 'registry.test/other/app', false],
  ['*.registry.test', 'eu.registry.test/app', true],
  ['*.registry.test', 'registry.test/app', false],
])('uses credentials of %s for %s: %s', (registry, image, used) => {
  expect(keyring(registry).lookup(image)).toHaveLength(used ? 1 : 0);
});

it('tries the most specific first', () => {
  const names = keyring('registry.test', 'registry.test/team').lookup('registry.test/team/app');
  expect(names.map(({ username }) => username)).toEqual(['registry.test/team', 'registry.test']);
});

it('reads a user and password in one', () => {
  const made = new Keyring();
  // printf 'me:s:cr\u00e8t' | base64
  made.add({ 'registry.test': { auth: 'bWU6czpjcsOodA==' } });
  expect(made.lookup('registry.test/app')).toEqual([{ username: 'me', password: 's:crèt' }]);
});
