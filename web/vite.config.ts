import react from '@vitejs/plugin-react';
import path from 'node:path';
import { defineConfig } from 'vite';
import { previewSite } from './features/preview/preview-site.node.ts';

/** `vite build web` builds the app into build/web. */
export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the built files can be served under any path.
  base: './',
  plugins: [react(), previewSite()],
  worker: { format: 'es' },
  build: {
    outDir: path.join(import.meta.dirname, '../build/web'),
    emptyOutDir: true,
    // `light-dark()` in the tokens needs these; all have been out since May 2024.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    // Monaco is one lazy chunk of about 3 MB.
    chunkSizeWarningLimit: 4000,
  },
});
