import { BuildError } from './build-error.ts';

/** `80`, `8000-8002/udp` as the keys of `ExposedPorts`: `80/tcp`, … Throws BuildError INVALID. */
export function exposedPorts(specifications: readonly string[]): readonly string[] {
  return specifications.flatMap((specification) => {
    const [port = '', protocol = 'tcp'] = (specification.split(':').at(-1) ?? '').split('/');
    if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase()))
      throw new BuildError('INVALID', `Invalid proto: ${protocol}`);
    if (port === '') throw new BuildError('INVALID', `No port specified: ${specification}<empty>`);
    const [, first = '', last = first] = /^(\d+)(?:-(\d+))?$/.exec(port) ?? [];
    const [start, end] = [Number(first), Number(last)];
    if (first === '' || start > end || end > 65_535)
      throw new BuildError('INVALID', `Invalid containerPort: ${port}`);
    return Array.from(
      { length: end - start + 1 },
      (_, offset) => `${start + offset}/${protocol.toLowerCase()}`,
    );
  });
}
