/** `npm run screenshots [-- SCENE…]`: takes the pictures of docs/screenshots anew. Needs Chromium, and a few minutes. */
import path from 'node:path';
import { buildApp, prepareStates } from './app.mjs';
import { ensureChromium, ensurePackages, main, root, run } from './bootstrap.mjs';

await main(async () => {
  await ensurePackages({ development: true });
  process.env.CHROMIUM_PATH = await ensureChromium();
  await buildApp();
  await prepareStates();
  const program = path.join(root, 'test', 'screenshots', 'main.ts');
  await run(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)]);
});
