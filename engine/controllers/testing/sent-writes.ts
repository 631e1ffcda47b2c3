import type { ControlWorld } from './control-world.ts';

/** `POST pods`, `DELETE pods/web-0`, …: what controllers sent besides events since the last time, which is forgotten. */
export function takeWrites(world: ControlWorld): string[] {
  return world.sent
    .splice(0)
    .map(({ method, path }) => `${method} ${path.replace(/^.*\/namespaces\/[^/]+\//, '')}`)
    .filter((write) => !/ events(?:\/|$)/.test(write));
}
