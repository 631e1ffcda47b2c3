import type { Context } from '../command.ts';
import { formatList } from '../messages.ts';

/** Prints a list as JSON or YAML where one of them was asked for; false, and nothing is asked of the runtime, where not. */
export async function printedStructured(
  { session, options }: Context,
  list: () => object | Promise<object>,
): Promise<boolean> {
  const format = options.text('output');
  if (format !== 'json' && format !== 'yaml') return false;
  await session.stdout(formatList(await list(), format));
  return true;
}
