/**
 * `npm run build`: everything a static host needs, in build/site, for any address and any path (docs/hosting.md). The app,
 * the guest's artifacts below `guest/`, prepared states below `states/`.
 */
import { cp, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { checkComputer, ensurePackages, main, root } from './bootstrap.mjs';

const site = path.join(root, 'build', 'site');
const parts = [
  ['build/web', '.'],
  ['engine/guest/dist', 'guest'],
  ['build/states', 'states'],
];

/** Not what only the build and the tests read. */
const isServed = (file) => !/^\.|^inputs\.json$/.test(path.basename(file));

async function weigh(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(path.join(file.parentPath, file.name))).size),
  );
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

await main(async () => {
  await checkComputer(1.5e9);
  await ensurePackages({ development: false });
  const { buildApp, prepareStates } = await import('./app.mjs');
  await buildApp();
  await prepareStates();
  await rm(site, { recursive: true, force: true });
  for (const [from, to] of parts)
    await cp(path.join(root, from), path.join(site, to), { recursive: true, filter: isServed });
  const { files, bytes } = await weigh(site);
  console.log(
    `build/site: ${files} files, ${Math.round(bytes / 1e6)} MB. Any host of static files can serve it.`,
  );
});
