/** Builds what the offline copy needs beside the app: its service worker, and the list of the app's files. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'vite';
import { bundleScript } from '../../bundle-script.node.ts';
import type { AppFiles } from './copy-plan.ts';

const worker = path.resolve(import.meta.dirname, '../../offline/offline.worker.ts');
const LIST = 'offline.json';

/** Vite plugin: adds `offline-worker.js` and `offline.json` to the app's build. */
export function offlineSite(): Plugin {
  return {
    name: 'drydock-offline-site',
    async generateBundle() {
      const source = await bundleScript(worker, 'offline-worker');
      this.emitFile({ type: 'asset', fileName: 'offline-worker.js', source });
    },
    async writeBundle({ dir = '' }) {
      const list = await listFiles(dir);
      await writeFile(path.join(dir, LIST), JSON.stringify(list));
    },
  };
}

/** All files but those of previews, which have a service worker of their own. */
async function listFiles(folder: string): Promise<AppFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => !file.startsWith('preview/') && file !== LIST)
    .toSorted();
  const hash = createHash('sha256');
  const files: { path: string; size: number }[] = [];
  for (const file of paths) {
    const content = await readFile(path.join(folder, file));
    hash.update(file).update('\0').update(content);
    files.push({ path: file, size: content.length });
  }
  return { version: hash.digest('hex').slice(0, 16), files };
}
