import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { badRequest } from '../../objects/status/status-error.ts';

/** The container a request is about: the one it names, or the only one there is. Errors: `BadRequest`. */
export function chooseContainer({ metadata, spec }: Pod, asked: string): string {
  const name = metadata.name ?? '';
  const all = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].map((container) => container.name);
  if (asked !== '') {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const containers = spec.containers ?? [];
  const [only] = containers;
  if (only === undefined) throw badRequest(`a container name must be specified for pod ${name}`);
  if (containers.length === 1) return only.name;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${all.join(' ')}]`,
  );
}
