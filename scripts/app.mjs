/** Builds what the browser loads and prepares what it restores; both only when their inputs changed. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, run } from './bootstrap.mjs';

const inputs = ['web', 'engine', 'lessons', 'package-lock.json', 'tsconfig.base.json'];
const skipped = new Set([
  'node_modules',
  'dist',
  'agent',
  'kernel',
  'rootfs',
  'images',
  'testdata',
]);

function* sources(file) {
  if (statSync(file).isDirectory()) {
    for (const entry of readdirSync(file).toSorted()) {
      if (file.endsWith(path.join('engine', 'guest')) && skipped.has(entry)) continue;
      yield* sources(path.join(file, entry));
    }
  } else if (!/\.test\.tsx?$|README\.md$/.test(file)) {
    yield file;
  }
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const input of inputs) {
    for (const file of sources(path.join(root, input))) {
      hash.update(path.relative(root, file)).update('\0').update(readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/** Bundles the web app into build/web. */
export async function buildApp() {
  const marker = path.join(root, 'build', 'web', '.sources');
  const digest = digestOfSources();
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return;
  console.log('Building the app …');
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await run(process.execPath, [vite, 'build', 'web', '--logLevel', 'warn']);
  writeFileSync(marker, digest);
}

/** Boots each profile once and saves it into build/states, with a progress bar. */
export async function prepareStates() {
  await run(process.execPath, [
    '--import',
    'tsx',
    path.join(root, 'engine', 'cli', 'main.ts'),
    'prepare',
  ]);
}
