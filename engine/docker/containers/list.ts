import { ApiError, badRequest } from '../api/api-error.ts';
import type { ApiRequest } from '../api/api-request.ts';
import type { Guest } from '../guest.ts';
import type { Containers } from './containers.ts';
import type { ContainerContext } from './context.ts';
import { describe, imageName, type Described } from './describe.ts';

const KNOWN = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
];
const STATUSES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** What `docker ps` lists, newest first. Throws 400 for filters that make no sense. */
export function selectContainers(
  context: ContainerContext,
  containers: Containers,
  request: ApiRequest,
): readonly Described[] {
  const filters = request.filters().allow(...KNOWN);
  const limit = request.integer('limit') ?? 0;
  const { records, runtime } = context;
  for (const status of filters.get('status')) {
    if (!STATUSES.includes(status)) throw badRequest(`Invalid filter 'status=${status}'`);
  }
  const exited = filters.get('exited').map((code) => {
    if (!/^-?\d+$/.test(code)) throw badRequest(`Invalid filter 'exited=[${code}]'`);
    return Number(code);
  });
  const all =
    request.flag('all') ||
    limit > 0 ||
    ['status', 'exited', 'before', 'since'].some((key) => filters.has(key));
  const created = (reference: string): number => {
    try {
      return records.get(reference).created;
    } catch (cause) {
      throw new ApiError(404, `no such container ${reference}`, { cause });
    }
  };
  const before = filters.get('before').map(created);
  const since = filters.get('since').map(created);
  const ancestors = filters
    .get('ancestor')
    .map((reference) => runtime.images.find(reference)?.id ?? reference);

  const chosen = records
    .list()
    .toSorted((one, other) => other.created - one.created)
    .map((record) => describe(context, containers, record))
    .filter(({ record, container, status, health, exitCode }) => {
      const up = status === 'running' || status === 'paused' || status === 'restarting';
      const descends = (id: string): boolean => {
        for (
          let image = runtime.images.find(record.image);
          image !== undefined;
          image = image.parent === undefined ? undefined : runtime.images.find(image.parent)
        ) {
          if (image.id === id) return true;
        }
        return record.image === id || imageName(context, record) === id;
      };
      return (
        (all || up) &&
        filters.any('status', (value) => value === status) &&
        (exited.length === 0 ||
          (exited.includes(exitCode) && !up && container.startedAt !== undefined)) &&
        filters.any('health', (value) => value === (health?.Status ?? 'none')) &&
        filters.any('id', (value) => record.id.startsWith(value)) &&
        filters.any('name', (value) =>
          [record.name, ...records.linkNames(record)].some((name) => nameMatches(name, value)),
        ) &&
        filters.matchLabels(record.config.Labels) &&
        filters.any('network', (value) =>
          Object.entries(record.networks).some(
            ([name, { NetworkID: id }]) => name === value || (id !== '' && id.startsWith(value)),
          ),
        ) &&
        filters.any('volume', (value) =>
          record.mounts.some(({ Name, Source, Destination }) =>
            [Name, Source, Destination].includes(value),
          ),
        ) &&
        // The machine's ports; the container's are what is exposed.
        filters.any('publish', (value) =>
          (container.sandbox?.ports ?? []).some(({ hostPort, protocol }) =>
            portMatches(value, hostPort, protocol),
          ),
        ) &&
        filters.any('expose', (value) =>
          Object.keys(record.config.ExposedPorts ?? {}).some((key) => {
            const [port = '', protocol = ''] = key.split('/');
            return portMatches(value, Number(port), protocol);
          }),
        ) &&
        filters.any('is-task', (value) => value === 'false') &&
        (before.length === 0 || before.some((time) => record.created < time)) &&
        (since.length === 0 || since.some((time) => record.created > time)) &&
        (ancestors.length === 0 || ancestors.some(descends))
      );
    });
  return limit > 0 ? chosen.slice(0, limit) : chosen;
}

const FILE_SIZES =
  'find "$1" ! -type d -print0 | du -c -B1 --apparent-size --files0-from=- | tail -n 1';

/** Bytes of files below a directory of the machine, each counted once, directories not; 0 when it does not exist. */
export async function directorySize(guest: Guest, path: string): Promise<number> {
  const { stdout } = await guest.call('run', { argv: ['sh', '-c', FILE_SIZES, 'sh', path] });
  return Number.parseInt(stdout, 10) || 0;
}

/** A name filter is a regular expression over the name, with its slash or without. */
function nameMatches(name: string, pattern: string): boolean {
  let expression: RegExp;
  try {
    expression = new RegExp(pattern);
  } catch (error) {
    throw badRequest(
      `Invalid filter 'name=[${pattern}]': ${error instanceof Error ? error.message : ''}`,
    );
  }
  return expression.test(name) || expression.test(`/${name}`);
}

/** A port filter is a port or a range of them, of TCP unless it ends in `/udp`. */
function portMatches(filter: string, port: number, protocol: string): boolean {
  const [ports = '', wanted = 'tcp'] = filter.split('/');
  const [first, last = first] = ports.split('-').map(Number);
  return protocol === wanted && port >= (first ?? 0) && port <= (last ?? 0);
}
