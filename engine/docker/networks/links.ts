/** `--link` on Docker's own bridge: other containers under aliases, in /etc/hosts and in the environment. */
import type { StartAdditions } from '../../runtime/types.ts';
import { ApiError, badRequest } from '../api/api-error.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import type { ContainerContext } from '../containers/context.ts';
import type { HostConfig } from '../containers/host-config.ts';
import { isUserDefined } from './container-endpoints.ts';

/** Ids of the linked containers by alias. Other networks keep links as names to tell. Throws 400 in dockerd's words. */
export function registeredLinks(
  context: ContainerContext,
  { Links: links, NetworkMode: mode }: HostConfig,
): Readonly<Record<string, string>> {
  if (isUserDefined(mode)) return {};
  const byAlias: Record<string, string> = {};
  for (const link of links ?? []) {
    const { name, alias } = parseLink(link);
    let child = linked(context, name, `could not get container for ${name}`);
    for (let owner = networkOwner(child); owner !== undefined; owner = networkOwner(child))
      child = linked(context, owner, `Could not get container for ${owner}`);
    if (child.hostConfig.NetworkMode === 'host')
      throw badRequest(
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
    byAlias[alias] ??= child.id;
  }
  return byAlias;
}

/** `name`, `name:alias`, or `/name:/parent/alias` as inspect shows it. */
function parseLink(link: string): { readonly name: string; readonly alias: string } {
  if (link === '') throw badRequest('empty string specified for links');
  const [name = '', alias = name, ...more] = link.split(':');
  if (more.length > 0) throw badRequest(`bad format for links: ${link}`);
  return { name, alias: alias.slice(alias.lastIndexOf('/') + 1) };
}

/** Not 404, which the client takes for a missing image. */
function linked(
  { records }: ContainerContext,
  reference: string,
  failure: string,
): ContainerRecord {
  try {
    return records.get(reference);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw badRequest(`${failure}: ${error.message}`);
  }
}

function networkOwner({ hostConfig }: ContainerRecord): string | undefined {
  return /^container:(.+)$/.exec(hostConfig.NetworkMode)?.[1];
}

interface Link {
  readonly alias: string;
  readonly child: ContainerRecord;
}

/** A container's links to containers that there still are. */
function linksOf({ records }: ContainerContext, { links = {} }: ContainerRecord): readonly Link[] {
  return Object.entries(links).flatMap(([alias, id]) => {
    const child = records.find(id);
    return child === undefined ? [] : [{ alias, child }];
  });
}

/** `HostConfig.Links` as inspect shows it: `/db:/web/alias`. */
export function shownLinks(
  context: ContainerContext,
  record: ContainerRecord,
): readonly string[] | null {
  const links = linksOf(context, record);
  if (links.length === 0) return null;
  return links.map(({ alias, child }) => `/${child.name}:/${record.name}/${alias}`);
}

/** What links add to a start. Throws 500 for children that cannot be reached. */
export function linkAdditions(context: ContainerContext, record: ContainerRecord): StartAdditions {
  const links = linksOf(context, record);
  if (links.length === 0 || record.networks['bridge'] === undefined) return {};
  const unlinkable = links.find(({ child }) => child.networks['bridge'] === undefined);
  if (unlinkable !== undefined)
    throw new ApiError(
      500,
      `Cannot link to /${unlinkable.child.name}, as it does not belong to the default network`,
    );
  const reached = links.map((link) => {
    const address = bridgeAddress(context, link.child);
    if (address !== undefined) return { ...link, address };
    const name = `/${record.name}/${link.alias}`;
    throw new ApiError(
      500,
      `Cannot link to a non running container: /${link.child.name} AS ${name}`,
    );
  });
  return {
    hosts: reached.map(({ alias, child, address }) => {
      const names = [alias, child.config.Hostname, ...(alias === child.name ? [] : [child.name])];
      return `${names.join(' ')}:${address}`;
    }),
    env: reached.flatMap(({ alias, child, address }) =>
      linkEnvironment(`/${record.name}/${alias}`, child, address),
    ),
  };
}

/** Tells running containers that link to this one where it is now. */
export async function moveLinked(context: ContainerContext, child: ContainerRecord): Promise<void> {
  const address = bridgeAddress(context, child);
  if (address === undefined) return;
  for (const parent of context.records.list()) {
    for (const [alias, id] of Object.entries(parent.links ?? {}))
      if (id === child.id) await context.runtime.moveHost(parent.id, alias, address);
  }
}

function bridgeAddress({ runtime }: ContainerContext, { id }: ContainerRecord): string | undefined {
  const { sandbox } = runtime.container(id);
  return sandbox?.endpoints.find(({ network }) => network === 'bridge')?.address;
}

interface Port {
  readonly number: number;
  readonly protocol: string;
}

/** @param name `/web/db` */
function linkEnvironment(
  name: string,
  { config }: Pick<ContainerRecord, 'config'>,
  address: string,
): readonly string[] {
  const alias = name.slice(name.lastIndexOf('/') + 1);
  const prefix = alias.toUpperCase().replaceAll('-', '_');
  const ports = Object.keys(config.ExposedPorts ?? {})
    .map((key): Port => {
      const [number = '', protocol = ''] = key.split('/');
      return { number: Number(number), protocol };
    })
    .toSorted((one, other) => one.number - other.number || (one.protocol === 'tcp' ? -1 : 1));
  const url = ({ number, protocol }: Port): string => `${protocol}://${address}:${number}`;
  const of = ({ number, protocol }: Port): string =>
    `${prefix}_PORT_${number}_${protocol.toUpperCase()}`;
  const [first] = ports;
  return [
    ...(first === undefined ? [] : [`${prefix}_PORT=${url(first)}`]),
    ...ranges(ports).flatMap(({ start, end }) => [
      `${of(start)}_START=${url(start)}`,
      `${of(start)}_ADDR=${address}`,
      `${of(start)}_PROTO=${start.protocol}`,
      `${of(start)}_PORT_START=${start.number}`,
      `${of({ ...end, number: start.number })}_END=${url(end)}`,
      `${of({ ...end, number: start.number })}_PORT_END=${end.number}`,
    ]),
    ...ports.flatMap((port) => [
      `${of(port)}=${url(port)}`,
      `${of(port)}_ADDR=${address}`,
      `${of(port)}_PORT=${port.number}`,
      `${of(port)}_PROTO=${port.protocol}`,
    ]),
    `${prefix}_NAME=${name}`,
    ...config.Env.filter((entry) => /^(?!HOME=|PATH=)[^=]*=/.test(entry)).map(
      (entry) => `${prefix}_ENV_${entry}`,
    ),
  ];
}

/** Runs of consecutive port numbers. */
function ranges(ports: readonly Port[]): readonly { readonly start: Port; readonly end: Port }[] {
  const found: { start: Port; end: Port }[] = [];
  for (const port of ports) {
    const last = found.at(-1);
    if (last !== undefined && port.number <= last.end.number + 1) last.end = port;
    else found.push({ start: port, end: port });
  }
  return found.filter(({ start, end }) => start !== end);
}
