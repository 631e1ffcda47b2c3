import type { ControllerDescriptor } from './controller.ts';

/** `--controllers` names one that does not exist. */
export class UnknownControllerError extends Error {
  readonly code = 'UNKNOWN_CONTROLLER';

  constructor(name: string, known: readonly string[]) {
    super(`"${name}" is not in the list of known controllers: ${known.join(', ')}`);
    this.name = 'UnknownControllerError';
  }
}

/**
 * Which controllers `--controllers` wants: `foo` turns one on, `-foo` off, `*` on all that are so by
 * default. The first that says something of a controller counts, as upstream's
 * `genericcontrollermanager.IsControllerEnabled`. @throws UnknownControllerError
 */
export function enabledControllers(
  all: readonly ControllerDescriptor[],
  wanted: readonly string[] = ['*'],
): readonly ControllerDescriptor[] {
  const known = all.map(({ name }) => name);
  for (const item of wanted) {
    const name = item.replace(/^-/, '');
    if (name !== '*' && !known.includes(name)) throw new UnknownControllerError(item, known);
  }
  return all.filter(({ name, offByDefault = false }) => {
    const said = wanted.find((item) => item === name || item === `-${name}`);
    if (said !== undefined) return said === name;
    return wanted.includes('*') && !offByDefault;
  });
}
