/**
 * `npm run objects:generate`: writes engine/objects/generated from the Go modules of the Kubernetes
 * API that engine/objects/generate/go.mod names, and from the server's module the layouts of its own
 * types, which messages print, and the columns of its tables. Needs Go and the network; the result is committed.
 */
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { ensureGo, main, root } from './bootstrap.mjs';

await main(async () => {
  const directory = await ensureGo();
  const env = directory
    ? { ...process.env, PATH: `${directory}${path.delimiter}${process.env.PATH}` }
    : process.env;
  const programs = [
    ['generate', '.', '../generated'],
    ['generate/internal', './layouts', '../../validation/internal-types.generated.ts'],
    ['generate/internal', './columns', '../../tables/columns.generated.ts'],
  ];
  for (const [module, program, output] of programs) {
    const cwd = path.join(root, 'engine', 'objects', module);
    const { status } = spawnSync('go', ['run', program, output], { cwd, env, stdio: 'inherit' });
    process.exitCode ||= status ?? 1;
  }
});
