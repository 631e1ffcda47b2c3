/** `npm run lesson:new -- MODULE/NN-NAME` and `npm run lesson:check -- NAME…`: for authors of lessons. */
import path from 'node:path';
import { prepareStates } from './app.mjs';
import { ensurePackages, main, root, run } from './bootstrap.mjs';

await main(async () => {
  await ensurePackages({ development: true });
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'check') await prepareStates();
  await run(process.execPath, [
    '--import',
    'tsx',
    path.join(root, 'test', 'lessons', 'main.ts'),
    command ?? '',
    ...rest,
  ]);
});
