/** `npm start [-- --port N]`: installs what is missing, builds, prepares saved states and serves the app. */
import { parseArgs } from 'node:util';
import { checkComputer, ensurePackages, main } from './bootstrap.mjs';

await main(async () => {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
  await checkComputer(1.5e9);
  await ensurePackages({ development: false });
  const { buildApp, prepareStates } = await import('./app.mjs');
  await buildApp();
  await prepareStates();
  const { serve } = await import('./serve.mjs');
  const url = await serve({ port: Number(values.port) });
  console.log(`\nDrydock is ready at ${url} (Ctrl-C stops it)`);
});
