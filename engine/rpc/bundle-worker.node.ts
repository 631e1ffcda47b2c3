import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const directory = path.resolve(import.meta.dirname, '../../build/workers');

/** A bundle is elsewhere than its sources, which look for files beside them. Only those for Node do. */
const originalPlaces: Plugin = {
  name: 'original-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.node\.ts$/ }, async ({ path: file }) => ({
      contents: (await readFile(file, 'utf8'))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
        .replaceAll('import.meta.dirname', JSON.stringify(path.dirname(file))),
      loader: 'ts',
    }));
  },
};

const bundles = new Map<string, Promise<string>>();

/**
 * One file with a worker's sources, made once a process; resolves to its path. A thread loads it in a tenth of
 * the processor time that hundreds of TypeScript files take (docs/decisions/029-bundled-worker-threads.md).
 */
export function bundleOf(url: URL): Promise<string> {
  let bundle = bundles.get(url.href);
  if (bundle === undefined) {
    bundle = make(fileURLToPath(url));
    bundles.set(url.href, bundle);
  }
  return bundle;
}

async function make(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    keepNames: true,
    logLevel: 'silent',
    plugins: [originalPlaces],
  });
  const [{ contents } = { contents: new Uint8Array() }] = outputFiles;
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const file = path.join(directory, `${path.basename(entry, '.ts')}-${hash}.mjs`);
  await mkdir(directory, { recursive: true });
  // Several processes may make the same: each file is whole when it has its name.
  const partial = `${file}.${process.pid}`;
  await writeFile(partial, contents);
  await rename(partial, file);
  return file;
}
