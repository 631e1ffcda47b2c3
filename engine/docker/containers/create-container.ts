import type { Image, Mount } from '../../runtime/types.ts';
import { RuntimeError } from '../../runtime/runtime-error.ts';
import { ApiError, badRequest, conflict, notFound } from '../api/api-error.ts';
import { completeConfig, type Config } from './container-config.ts';
import { randomId, recordLabels, type ContainerRecord } from './container-record.ts';
import { containerEvent, type ContainerContext } from './context.ts';
import type { CreateBody, GivenEndpoint } from './create-body.ts';
import { completeHostConfig, type HostConfig } from './host-config.ts';
import { checkConfig, checkHostConfig } from './host-config-checks.ts';
import { parseVolumesFrom, type MountRequest } from './mount-specs.ts';
import {
  inheritedMount,
  mountPoint,
  mountRequests,
  runtimeMount,
  tmpfsMounts,
  type MountPoint,
} from './mounts.ts';
import { createVolume } from '../volumes/create-volume.ts';
import { initialEndpoints, networkMode } from '../networks/container-endpoints.ts';
import { registeredLinks } from '../networks/links.ts';
import { checkNetworkMode } from '../networks/network-mode-checks.ts';
import { isAddress } from '../../runtime/network/subnet.ts';
import { checkName, generateName } from './names.ts';
import { portBindings } from './ports.ts';
import { checkLogOptions } from './log-config.ts';
import { runtimeConfig } from './runtime-config.ts';

export interface CreateRequest {
  /** empty for any */
  readonly name: string;
  readonly body: CreateBody;
  /** how many networks the body may name */
  readonly networks: 'one' | 'many';
}

/** `POST /containers/create`. Throws 400, 404 (`No such image: …`), 409 (name in use). */
export async function createContainer(
  context: ContainerContext,
  { name: givenName, body, networks: count }: CreateRequest,
): Promise<{ readonly record: ContainerRecord; readonly warnings: readonly string[] }> {
  const { records, runtime, random } = context;
  const id = randomId(random);
  checkNetworkMode(body, body.HostConfig ?? {});
  checkConfig(body);
  const { given, warnings } = checkHostConfig(body.HostConfig ?? {});
  // The client says 0 for what was not asked for; like everything below, it means no limit.
  if ((given.PidsLimit ?? 1) <= 0) given.PidsLimit = null;
  const image = findImage(context, body.Image ?? '');
  const host = withContainerIds(context, completeHostConfig(given));
  checkLogOptions(host);
  const completed = completeConfig(body, image.config.config ?? {}, id);
  const owner = networkOwner(host);
  const config: Config = { ...completed, ...hostnameOf(context, host, owner, body.Hostname) };
  const networks = initialEndpoints(host, givenEndpoints(body, count), config.MacAddress ?? '');
  const links = registeredLinks(context, host);
  const inherited = (host.VolumesFrom ?? []).flatMap((from) => inheritedMounts(context, from));
  const tmpfs = tmpfsMounts(host);
  const requests = mountRequests(config, host, inherited);
  const bindings = portBindings(config, host);
  const name =
    givenName === ''
      ? generateName(random, (candidate) => records.holderOf(candidate) !== undefined)
      : checkName(givenName);
  const holder = records.holderOf(name);
  if (holder !== undefined) throw nameConflict(name, holder);

  const mounts: MountPoint[] = [];
  const runtimeMounts: Mount[] = [...tmpfs];
  const record: ContainerRecord = {
    id,
    name,
    created: context.clock.now(),
    image: image.id,
    config,
    hostConfig: host,
    mounts,
    restartCount: 0,
    manuallyStopped: false,
    networks,
    sandboxId: '',
    ...(Object.keys(links).length === 0 ? {} : { links }),
  };
  const network = networkMode(context, record, networks);
  const runtimeOptions = runtimeConfig(context, config, host);
  await records.whileReserved(name, id, async () => {
    for (const request of requests) {
      const volume =
        request.type === 'volume'
          ? await createVolume(context, {
              name: request.source,
              driver: request.driver,
              labels: request.labels,
              options: request.driverOptions,
            })
          : undefined;
      mounts.push(mountPoint(request, volume));
      runtimeMounts.push(runtimeMount(request, volume?.name));
    }
    await runtime.createContainer({
      ...runtimeOptions,
      id,
      image: image.id,
      sandbox:
        owner === undefined
          ? { kind: 'own', network, ports: bindings }
          : { kind: 'shared', id: owner },
      mounts: runtimeMounts,
      labels: recordLabels(record),
    });
    records.add(record);
  });
  containerEvent(context, record, 'create');
  return { record, warnings };
}

/** Containers that are joined are named by their ids from here on: names may change. Who is missing is missed at the start. */
function withContainerIds({ records }: ContainerContext, host: HostConfig): HostConfig {
  const byId = (mode: string): string => {
    const [, reference = ''] = /^container:(.+)$/.exec(mode) ?? [];
    const found = records.search(reference);
    return found === undefined ? mode : `container:${found.id}`;
  };
  const { NetworkMode, PidMode, IpcMode } = host;
  return {
    ...host,
    NetworkMode: byId(NetworkMode),
    PidMode: byId(PidMode),
    IpcMode: byId(IpcMode),
  };
}

export function nameConflict(name: string, holder: string): ApiError {
  return conflict(
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function findImage({ runtime }: ContainerContext, reference: string): Image {
  if (reference === '') throw badRequest('no image specified');
  try {
    return runtime.images.get(reference);
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'NOT_FOUND') {
      const tagged = /[@]|:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
      throw notFound(`No such image: ${tagged}`);
    }
    throw error;
  }
}

/** The name or id of the container whose network another joins; undefined for one with its own. */
function networkOwner({ NetworkMode: mode }: HostConfig): string | undefined {
  return mode.startsWith('container:') ? mode.slice('container:'.length) : undefined;
}

/** A container that joins another's network has its host name, too. */
function hostnameOf(
  { hostname, records }: ContainerContext,
  { NetworkMode: mode, UTSMode }: HostConfig,
  owner: string | undefined,
  given: string | null | undefined,
): Partial<Config> {
  // One that is not there is missed at the start.
  if (owner !== undefined) return { Hostname: records.find(owner)?.config.Hostname ?? '' };
  return (mode === 'host' || UTSMode === 'host') && !given ? { Hostname: hostname } : {};
}

/** Throws 400 for several networks at once, and for what is no address. */
function givenEndpoints(
  body: CreateBody,
  count: CreateRequest['networks'],
): Readonly<Record<string, GivenEndpoint | null | undefined>> {
  const given = body.NetworkingConfig?.EndpointsConfig ?? {};
  const names = Object.keys(given);
  if (names.length > 1 && count === 'one')
    throw badRequest(`Container cannot be connected to network endpoints: ${names.join(', ')}`);
  for (const endpoint of Object.values(given)) {
    const address = endpoint?.IPAMConfig?.IPv4Address;
    if (address && !isAddress(address)) throw badRequest(`invalid IPv4 address: ${address}`);
  }
  return given;
}

/** Another container that the new one needs. Throws 400: the client takes 404 for an image to pull. */
function named(records: ContainerContext['records'], reference: string): ContainerRecord {
  try {
    return records.get(reference);
  } catch (error) {
    throw error instanceof ApiError && error.status === 404 ? badRequest(error.message) : error;
  }
}

function inheritedMounts(
  { records, runtime }: ContainerContext,
  from: string,
): readonly MountRequest[] {
  const { reference, readOnly } = parseVolumesFrom(from);
  const { id, mounts } = named(records, reference);
  const points = new Set(mounts.map(({ Destination }) => Destination));
  return runtime
    .container(id)
    .config.mounts.filter(({ target }) => points.has(target))
    .map((mount) => inheritedMount(mount, readOnly));
}
