import { describe, expect, test } from 'vitest';
// @ts-expect-error the scripts run before anything is installed, so they are plain JavaScript
import { npmCommand, packagesToInstall, SetupError } from './bootstrap.mjs';

const execPath = 'C:\\Program Files\\nodejs\\node.exe';
const beside = 'C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npm-cli.js';
const own = 'C:\\Users\\me\\npm\\bin\\npm-cli.js';

function onWindows(files: readonly string[], env: Record<string, string> = {}): unknown {
  return npmCommand({
    platform: 'win32',
    env,
    execPath,
    existsSync: (file: string) => files.includes(file),
  });
}

describe('npm', () => {
  test('is a command elsewhere', () => {
    expect(npmCommand({ platform: 'linux', env: {}, execPath: '/usr/bin/node' })).toEqual(['npm']);
  });

  test('is run without a shell on Windows: the npm that runs us, else the one beside Node', () => {
    expect(onWindows([own, beside], { npm_execpath: own })).toEqual([execPath, own]);
    expect(onWindows([beside])).toEqual([execPath, beside]);
  });

  test('is not another package manager', () => {
    const yarn = 'C:\\yarn\\yarn.js';
    expect(onWindows([yarn, beside], { npm_execpath: yarn })).toEqual([execPath, beside]);
  });

  test('is asked for when it cannot be found', () => {
    expect(() => onWindows([])).toThrow(SetupError);
  });
});

describe('packages', () => {
  const app = { 'node_modules/react': { version: '19.0.0' } };
  const tests = { 'node_modules/vitest': { version: '4.0.0', dev: true } };
  const elsewhere = { 'node_modules/fsevents': { version: '2.0.0', optional: true } };
  const lock = { packages: { '': { name: 'drydock' }, ...app, ...tests, ...elsewhere } };
  const missing = (packages: object, development = false): unknown =>
    packagesToInstall(lock, { packages }, { development });

  test('are installed when npm has not recorded them', () => {
    expect(missing({})).toBe('app');
    expect(missing({}, true)).toBe('development');
    expect(missing(app, true)).toBe('development');
  });

  test('are left alone when they are there, whoever installed them', () => {
    expect(missing(app)).toBeUndefined();
    expect(missing({ ...app, ...tests })).toBeUndefined();
    expect(missing({ ...app, ...tests }, true)).toBeUndefined();
  });

  test('of tests stay when the app needs a newer one', () => {
    expect(missing({ 'node_modules/react': { version: '18.0.0' } })).toBe('app');
    expect(missing({ 'node_modules/react': { version: '18.0.0' }, ...tests })).toBe('development');
  });
});
