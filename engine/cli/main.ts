/** The headless `drydock` command. `npm run -s drydock -- …` runs it. */
import { runBenches } from './bench.ts';
import { runMachine } from './machine-run.ts';
import { prepare } from './prepare.ts';
import { UsageError } from './usage-error.ts';

const USAGE = `Usage:
  drydock machine run [--profile docker|node|bare] [--memory MiB] [--cold] -- COMMAND [ARGUMENT…]
      Restores a machine, runs COMMAND in it as root and exits with its status.
  drydock bench [NAME…] [--json] [--browser]
      Measures; without names everything. --browser measures in headless Chromium.
  drydock prepare
      Makes the saved states that machines start from, where they are missing or out of date.
`;

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  if (command === 'machine' && rest[0] === 'run') return runMachine(rest.slice(1));
  if (command === 'bench') return runBenches(rest);
  if (command === 'prepare') return prepare();
  throw new UsageError(
    command === undefined ? 'Say what to do.' : `Unknown command: ${argv.slice(0, 2).join(' ')}`,
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
  else process.stderr.write(`drydock: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// Worker threads and open standard input would keep the process alive.
process.exit();
