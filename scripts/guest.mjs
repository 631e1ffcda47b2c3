/** Builds and verifies what runs inside a machine: node scripts/guest.mjs build|verify|lock [part…]. Needs Debian 12. */
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { root } from './bootstrap.mjs';

const main = path.join(root, 'engine', 'guest', 'build', 'main.ts');
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', main, ...process.argv.slice(2)],
  { stdio: 'inherit', cwd: root },
);
process.exitCode = status ?? 1;
