import react from '@vitejs/plugin-react';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { metaPolicy } from './app/policy.mjs';
import { browserEmulator } from '../engine/cluster/browser-emulator.node.ts';
import { offlineSite } from './features/offline/offline-site.node.ts';
import { previewSite } from './features/preview/preview-site.node.ts';

/** Puts the policy in front of everything that the page loads, but after its encoding, which must be near the start. */
const policyInPage: Plugin = {
  name: 'drydock-policy',
  transformIndexHtml(html) {
    const encoding = '<meta charset="utf-8" />';
    if (!html.includes(encoding)) throw new Error('web/index.html names its encoding differently.');
    const policy = `<meta http-equiv="Content-Security-Policy" content="${metaPolicy}" />`;
    return html.replace(encoding, `${encoding}\n    ${policy}`);
  },
};

/**
 * zod tries whether it may compile. Our policy does not let it, and the browser would report the attempt. Said before zod's
 * own code runs, in every thread that has it.
 */
const withoutCompiling = {
  output: {
    intro: ({ moduleIds }: { readonly moduleIds: readonly string[] }) =>
      moduleIds.some((id) => id.includes('/node_modules/zod/'))
        ? 'globalThis.__zod_globalConfig = { jitless: true };'
        : '',
  },
};

/** `vite build web` builds the app into build/web. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the built files can be served under any path.
  base: './',
  plugins: [react(), browserEmulator, previewSite(), offlineSite(), policyInPage],
  worker: { format: 'es', rolldownOptions: withoutCompiling },
  // monaco-yaml's worker calls it by the name that it had in earlier versions of Monaco.
  resolve: {
    alias: {
      'monaco-editor/esm/vs/editor/editor.worker.js': 'monaco-editor/editor/editor.worker.js',
    },
  },
  build: {
    rolldownOptions: withoutCompiling,
    outDir: path.join(import.meta.dirname, '../build/web'),
    emptyOutDir: true,
    // `light-dark()` in the tokens needs these; all have been out since May 2024.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    // Monaco is one lazy chunk of about 3 MB.
    chunkSizeWarningLimit: 4000,
  },
});
