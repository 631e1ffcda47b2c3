/** `npm run -s drydock -- …`: the headless command line. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { checkComputer, ensurePackages, main, root } from './bootstrap.mjs';

await main(async () => {
  await checkComputer(0.5e9);
  await ensurePackages({ development: process.argv.includes('--browser') });
  const cli = path.join(root, 'engine', 'cli', 'main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', cli, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) =>
    child.once('close', (code) => resolve(code ?? 1)),
  );
});
