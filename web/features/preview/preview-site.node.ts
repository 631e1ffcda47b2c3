/** Builds the few files a preview origin is served (`preview/` of the build): see web/preview/README.md. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'vite';

const folder = path.resolve(import.meta.dirname, '../../preview');
const programs = { worker: 'preview.worker.ts', boot: 'page/boot.ts', bridge: 'page/bridge.ts' };
const pages = ['index.html', 'bridge.html'];

/** One file without imports: service workers of some browsers cannot be modules. */
async function bundle(name: keyof typeof programs): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      rolldownOptions: {
        input: path.join(folder, programs[name]),
        output: { format: 'iife', entryFileNames: `${name}.js` },
      },
    },
  });
  const [first] = [result].flat();
  if (!first || !('output' in first)) throw new Error(`Nothing was built for ${name}`);
  return first.output[0].code;
}

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
          source: await bundle(name),
        });
      }
    },
  };
}
