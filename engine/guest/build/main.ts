import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { checkArtifacts } from './check.ts';
import { cacheFolder, distFolder } from './folders.ts';
import { differences, digestOfFolder, type Inputs } from './inputs.ts';
import { updateLock } from './lock.ts';
import { writeManifest } from './manifest.ts';
import { writeNotices } from './notices.ts';
import { parts, type Part } from './parts.ts';
import { BuildError } from './run.ts';

const usage = `usage: node scripts/guest.mjs build|verify|check|lock [part…]
  build   builds the parts (all when none is named) into engine/guest/dist
  verify  builds them again elsewhere and compares; exit code 1 when they differ
  check   compares every committed file with its hash, without building
  lock    pins the newest Debian packages in engine/guest/rootfs/packages.lock.json
parts: ${Object.keys(parts).join(' ')}`;

async function build(names: readonly string[]): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  for (const name of names) {
    const started = performance.now();
    const folder = path.join(distFolder, name);
    const inputs = await partNamed(name).build(folder, cacheFolder);
    writeFileSync(path.join(folder, 'inputs.json'), `${JSON.stringify(inputs, null, 2)}\n`);
    console.log(`${name}: built in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  writeNotices(writeManifest());
}

/** Rebuilds from nothing but the package cache. */
async function verify(names: readonly string[]): Promise<boolean> {
  const temporary = mkdtempSync(path.join(tmpdir(), 'drydock-verify-'));
  let same = true;
  try {
    for (const name of names) {
      const folder = path.join(temporary, 'dist', name);
      mkdirSync(path.join(temporary, 'cache'), { recursive: true });
      const inputs = await partNamed(name).build(folder, path.join(temporary, 'cache'));
      same = compare(name, folder, inputs) && same;
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
  return same;
}

function compare(name: string, folder: string, inputs: Inputs): boolean {
  const committed = path.join(distFolder, name);
  const equal =
    digestOfFolder(folder) === digestOfFolder(committed, (file) => file !== 'inputs.json');
  const recordFile = path.join(committed, 'inputs.json');
  const recorded = existsSync(recordFile)
    ? (JSON.parse(readFileSync(recordFile, 'utf8')) as Inputs)
    : {};
  const changes = differences(recorded, inputs);
  console.log(`${name}: ${equal ? 'the same, byte for byte' : 'DIFFERENT'}`);
  for (const change of changes) console.log(`  ${change}`);
  if (!equal && changes.length === 0)
    console.log('  no recorded input differs: the build itself is not reproducible here');
  return equal;
}

function partNamed(name: string): Part {
  const part = parts[name];
  if (!part) throw new BuildError(`there is no part ${name}\n${usage}`);
  return part;
}

async function main(): Promise<number> {
  const [command, ...named] = process.argv.slice(2);
  const names = named.length > 0 ? named : Object.keys(parts);
  switch (command) {
    case 'build':
      await build(names);
      return 0;
    case 'verify':
      return (await verify(names)) ? 0 : 1;
    case 'check': {
      const problems = await checkArtifacts();
      for (const problem of problems) console.error(problem);
      if (problems.length === 0) console.log('all guest artifacts are what their hashes say');
      return problems.length === 0 ? 0 : 1;
    }
    case 'lock':
      await updateLock();
      return 0;
    default:
      console.error(usage);
      return 2;
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof BuildError ? error.message : error);
  process.exitCode = 1;
}
