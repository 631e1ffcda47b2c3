/** Builds the few files a preview origin is served (`preview/` of the build): see web/preview/README.md. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'vite';
import { bundleScript } from '../../bundle-script.node.ts';

const folder = path.resolve(import.meta.dirname, '../../preview');
const programs = { worker: 'preview.worker.ts', boot: 'page/boot.ts', bridge: 'page/bridge.ts' };
const pages = ['index.html', 'bridge.html'];

/** Vite plugin: adds the files to the app's build. */
export function previewSite(): Plugin {
  return {
    name: 'drydock-preview-site',
    async generateBundle() {
      for (const page of pages) {
        const source = await readFile(path.join(folder, 'page', page), 'utf8');
        this.emitFile({ type: 'asset', fileName: `preview/${page}`, source });
      }
      for (const name of Object.keys(programs) as (keyof typeof programs)[]) {
        this.emitFile({
          type: 'asset',
          fileName: `preview/${name}.js`,
          source: await bundleScript(path.join(folder, programs[name]), name),
        });
      }
    },
  };
}
