import { spawn } from 'node:child_process';
import path from 'node:path';
import type { ProfileName } from '../api/machine.ts';
import { ensureStates } from './prepare.ts';

const PROFILES: readonly ProfileName[] = ['docker', 'bare'];

/** `bench`: the benches are tests, and tests import the engine, not the other way round; so they are a program of their own. */
export async function runBenches(argv: readonly string[]): Promise<number> {
  const profiles = argv.some((word) => word.endsWith('-reference'))
    ? ([...PROFILES, 'docker-reference'] as const)
    : PROFILES;
  await ensureStates(profiles.map((profile) => ({ profile })));
  const program = path.resolve(import.meta.dirname, '../../test/bench/main.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...argv], {
    stdio: 'inherit',
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}
