import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDock } from '../test-dock.node.ts';

let dock: TestDock;
beforeEach(async () => {
  dock = await TestDock.open();
});
afterEach(() => dock.close());

const logging = (Type: string, Config: Readonly<Record<string, string>> = {}): object => ({
  HostConfig: { LogConfig: { Type, Config } },
});

async function refusal(method: string, path: string, body?: object): Promise<string> {
  const { status, body: text } = await dock.call(method, path, body);
  return `${status} ${(JSON.parse(text) as { message: string }).message}`;
}

it.each<[string, Readonly<Record<string, string>>, string]>([
  ['nosuch', {}, 'error looking up logging plugin nosuch: plugin "nosuch" not found'],
  ['json-file', { nosuch: '1' }, "unknown log opt 'nosuch' for json-file log driver"],
  ['local', { labels: 'a' }, "unknown log opt 'labels' for log driver local"],
  ['json-file', { mode: 'foo' }, 'logger: logging mode not supported: foo'],
  [
    'json-file',
    { 'max-buffer-size': '1m' },
    "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
  ],
])('%s with %j is refused at once', async (driver, options, message) => {
  const body = { Image: 'busybox', ...logging(driver, options) };
  expect(await refusal('POST', '/containers/create', body)).toBe(`400 ${message}`);
});

it.each<[string, Readonly<Record<string, string>>, string]>([
  ['json-file', { 'max-file': '0' }, 'max-file cannot be less than 1'],
  ['json-file', { 'max-file': 'x' }, 'strconv.Atoi: parsing "x": invalid syntax'],
  ['json-file', { 'max-size': 'x' }, "invalid size: 'x'"],
  ['json-file', { 'max-size': '0' }, 'max-size must be a positive number'],
  [
    'json-file',
    { compress: 'true' },
    'compress cannot be true when max-file is less than 2 or max-size is not set',
  ],
  ['json-file', { compress: 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
  ['local', { 'max-file': '1' }, 'compression cannot be enabled when max file count is 1'],
  ['local', { 'max-size': 'x' }, "invalid value for max-size: x: invalid size: 'x'"],
])('%s with %j is refused at the start', async (driver, options, message) => {
  await dock.create('one', logging(driver, options));
  expect(await refusal('POST', '/containers/one/start')).toBe(
    `500 failed to initialize logging driver: ${message}`,
  );
});

it('passes the limits of files on', async () => {
  const log = async (driver: string, options: Readonly<Record<string, string>>) => {
    const id = await dock.create('', logging(driver, options));
    return dock.runtime.container(id).config.log;
  };
  expect(await log('json-file', {})).toEqual({ format: 'json-file' });
  expect(await log('json-file', { 'max-size': '10k', 'max-file': '3', compress: '1' })).toEqual({
    format: 'json-file',
    maxBytes: 10_000,
    maxFiles: 3,
    compress: true,
  });
  expect(await log('local', { compress: 'false', 'max-file': '1' })).toEqual({
    format: 'json-file',
    maxBytes: 20_000_000,
    maxFiles: 1,
    compress: false,
  });
  expect(await log('none', {})).toBe('none');
});

describe('docker logs --details', () => {
  const line = JSON.stringify({ log: 'hi\n', stream: 'stdout', time: '2026-01-01T00:00:00Z' });

  async function details(body: object): Promise<string> {
    const id = await dock.create('one', body);
    dock.agent.files.set(dock.runtime.container(id).paths.log, `${line}\n`);
    const { bytes } = await dock.callForBytes(
      'GET',
      '/containers/one/logs?stdout=1&details=1&timestamps=1',
    );
    return new TextDecoder().decode(bytes.subarray(8));
  }

  it('names what the options ask for', async () => {
    const given = {
      Labels: { a: '1', b: 'x y', other: '2' },
      Env: ['FOO=bar', 'BAR=foo'],
      ...logging('json-file', { labels: 'a,b,none', 'env-regex': '^F', tag: '{{.Name}}/{{.Odd}}' }),
    };
    expect(await details(given)).toBe(
      '2026-01-01T00:00:00.000000000Z FOO=bar,a=1,b=x+y,tag=one%2F%7B%7B.Odd%7D%7D hi\n',
    );
  });

  it('has room for them when there are none', async () => {
    expect(await details({})).toBe('2026-01-01T00:00:00.000000000Z  hi\n');
  });
});
