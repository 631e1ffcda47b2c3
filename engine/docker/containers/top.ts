import { ApiError, badRequest } from '../api/api-error.ts';
import type { Guest } from '../guest.ts';

/** `docker top`: the machine's own `ps`, limited to the container's processes. Throws 400 for arguments that hide the PID. */
export async function listProcesses(
  guest: Guest,
  pids: readonly number[],
  psArguments: string,
): Promise<{ Titles: readonly string[]; Processes: readonly (readonly string[])[] }> {
  const { exit, stdout, stderr } = await guest.call('run', {
    argv: ['ps', ...psArguments.split(/\s+/).filter((word) => word !== '')],
  });
  // Its first line says why; how to call it follows.
  if (exit.code !== 0) throw new ApiError(500, `ps: ${stderr.split('\n')[0] ?? ''}`);
  const [heading = '', ...lines] = stdout.split('\n').filter((line) => line.trim() !== '');
  const titles = heading.trim().split(/\s+/);
  const pidColumn = titles.indexOf('PID');
  if (pidColumn < 0) throw badRequest("Couldn't find PID field in ps output");
  const wanted = new Set(pids.map(String));
  const processes = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => wanted.has(fields[pidColumn] ?? ''))
    // The last column is the command with its arguments.
    .map((fields) => [
      ...fields.slice(0, titles.length - 1),
      fields.slice(titles.length - 1).join(' '),
    ]);
  return { Titles: titles, Processes: processes };
}
