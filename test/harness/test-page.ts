import path from 'node:path';
import { build, preview } from 'vite';

const root = path.resolve(import.meta.dirname, '../..');

/** Builds and serves the page in `test/e2e/NAME`, which shows parts of the engine that the app does not offer yet. */
export async function serveTestPage(
  name: string,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const outDir = path.join(root, 'build/test', name);
  const config = {
    root: path.join(root, 'test/e2e', name),
    base: './',
    logLevel: 'error',
    worker: { format: 'es' },
  } as const;
  await build({ ...config, build: { outDir, emptyOutDir: true, target: 'chrome123' } });
  const server = await preview({
    ...config,
    build: { outDir },
    preview: { port: 0, strictPort: false },
  });
  return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() };
}
