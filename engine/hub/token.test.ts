import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { contentOf, HubClient } from './hub-fixture.node.ts';

let client: HubClient;
beforeEach(async () => {
  client = await HubClient.open();
});

const basic = (user: string, password: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const accessOf = (token: string): unknown => decodeJwt(token)['access'];

describe('the challenge', () => {
  it('tells where to get a token, and what for', async () => {
    const response = await client.raw('/v2/library/busybox/manifests/latest');
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/busybox:pull"',
    );
    expect(await response.json()).toEqual({
      errors: [
        {
          code: 'UNAUTHORIZED',
          message: 'authentication required',
          detail: [{ Type: 'repository', Class: '', Name: 'library/busybox', Action: 'pull' }],
        },
      ],
    });
  });

  it('leads to the registry itself when it has another name', async () => {
    const headers = { host: '127.0.0.1:5000' };
    const response = await client.raw('/v2/', { headers });
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="http://127.0.0.1:5000/token",service="registry.docker.io"',
    );
    const hostile = await client.raw('/v2/', { headers: { host: 'x",error="y' } });
    expect(hostile.headers.get('www-authenticate')).toContain('realm="http://localhost/token"');
  });

  it('says when a token is not enough, not ours or too old', async () => {
    const ask = async (token: string): Promise<string | undefined> => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await client.raw('/v2/library/busybox/tags/list', { headers });
      return /error="(\w+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1];
    };
    const token = await client.token('repository:library/busybox:pull');
    expect(await ask(token)).toBeUndefined();
    expect(await ask(await client.token('repository:library/empty:pull'))).toBe(
      'insufficient_scope',
    );
    const [head = '', payload = ''] = token.split('.');
    expect(await ask(`${head}.${payload}.AAAA`)).toBe('invalid_token');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await ask(`${unsigned}.${payload}.`)).toBe('invalid_token');
    client.clock.advance(301_000);
    expect(await ask(token)).toBe('invalid_token');
  });
});

describe('a token', () => {
  it('lets everybody pull what there is, and nobody else’s be written', async () => {
    const scope = 'repository:library/busybox:pull,push,delete repository:none/such:pull bad';
    expect(accessOf(await client.token(scope))).toEqual([
      { type: 'repository', name: 'library/busybox', actions: ['pull'] },
    ]);
    await client.as('ada').putBlob('ada/app', contentOf('x'));
    expect(accessOf(await client.as('grace').token('repository:ada/app:pull,push'))).toEqual([
      { type: 'repository', name: 'ada/app', actions: ['pull'] },
    ]);
  });

  it('lets users write below their name, and nowhere that only begins like it', async () => {
    const ada = client.as('ada');
    expect(accessOf(await ada.token('repository:ada/new:pull,push,delete'))).toEqual([
      { type: 'repository', name: 'ada/new', actions: ['pull', 'push', 'delete'] },
    ]);
    for (const name of ['adam/new', 'ada2/x', 'x/ada', 'ada-x/y'])
      expect(accessOf(await ada.token(`repository:${name}:push`))).toEqual([]);
  });

  it('comes from an OAuth2 form too', async () => {
    const form = new URLSearchParams({
      grant_type: 'password',
      username: 'ada',
      password: 'secret',
      service: 'registry.docker.io',
      client_id: 'test',
      scope: 'repository:ada/app:push',
    });
    const response = await client.raw('/token', { method: 'POST', body: form.toString() });
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({ expires_in: 300, scope: 'repository:ada/app:push' });
    expect(accessOf(body['access_token'] ?? '')).toHaveLength(1);
    const refresh = await client.raw('/token', {
      method: 'POST',
      body: 'grant_type=refresh_token',
    });
    expect(refresh.status).toBe(405);
  });
});

describe('an account', () => {
  const logIn = async (user: string, password: string, from = client): Promise<number> =>
    (await from.raw('/token', { headers: basic(user, password) })).status;

  it('comes into being at the first login, and then needs its password, for good', async () => {
    expect(await logIn('ada', 'lovelace')).toBe(200);
    const wrong = await client.raw('/token', { headers: basic('ada', 'byron') });
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toEqual({ details: 'incorrect username or password' });
    const next = await HubClient.open({ storage: client.storage });
    expect(await logIn('ada', 'byron', next)).toBe(401);
    expect(await logIn('ada', 'lovelace', next)).toBe(200);
    const stored = await client.storage.read('accounts.json', 0, 10_000);
    expect(new TextDecoder().decode(stored)).not.toContain('lovelace');
  });

  it.each([
    ['library', 'x'],
    ['Ada', 'x'],
    ['a', 'x'],
    ['../x', 'x'],
    ['__proto__', 'x'],
    ['ada', ''],
    ['ada', 'x'.repeat(2000)],
  ])('cannot be %s with such a password', async (user, password) => {
    expect(await logIn(user, password)).toBe(401);
  });

  it('has a password with colons and letters of any kind', async () => {
    expect(await logIn('ada', 'ä:ö:ü')).toBe(200);
    expect(await logIn('ada', 'ä:ö')).toBe(401);
  });

  it('is asked for in vain with a header that is no Base64', async () => {
    const response = await client.raw('/token', { headers: { authorization: 'Basic %%%' } });
    expect(response.status).toBe(401);
  });
});
