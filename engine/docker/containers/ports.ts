/** From `-p`, `-P` and `EXPOSE` to port bindings, and back to what `docker ps` and `inspect` show. */
import type { PortBinding, Sandbox } from '../../runtime/types.ts';
import { badRequest } from '../api/api-error.ts';
import type { Config } from './container-config.ts';
import type { HostConfig } from './host-config.ts';

interface ContainerPort {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

function parsePort(key: string): ContainerPort {
  const [number = '', protocol = 'tcp'] = key.split('/');
  const port = Number(number);
  if (
    !/^\d+$/.test(number) ||
    port < 1 ||
    port > 65_535 ||
    (protocol !== 'tcp' && protocol !== 'udp')
  ) {
    throw badRequest(`invalid port specification: ${JSON.stringify(key)}`);
  }
  return { port, protocol };
}

/** `8080`, or a range of which the first free one is taken; nothing for any free one. */
function hostPorts(text: string): Pick<PortBinding, 'hostPort' | 'lastHostPort'> {
  if (text === '') return { hostPort: 0 };
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const from = Number(first);
  const to = Number(last ?? first);
  if (first === undefined || from > 65_535 || to > 65_535 || from > to)
    throw badRequest(`invalid port specification: ${JSON.stringify(text)}`);
  return from === to ? { hostPort: from } : { hostPort: from, lastHostPort: to };
}

/** What the runtime is to publish when the container starts. Throws 400. */
export function portBindings(config: Config, host: HostConfig): readonly PortBinding[] {
  const bindings: PortBinding[] = [];
  for (const [key, list] of Object.entries(host.PortBindings)) {
    const { port, protocol } = parsePort(key);
    for (const { HostIp, HostPort } of list) {
      bindings.push({
        protocol,
        containerPort: port,
        ...hostPorts(HostPort),
        ...(HostIp === '' ? {} : { hostAddress: HostIp }),
      });
    }
  }
  if (host.PublishAllPorts) {
    for (const key of Object.keys(config.ExposedPorts ?? {})) {
      const { port, protocol } = parsePort(key);
      if (!bindings.some((one) => one.containerPort === port && one.protocol === protocol))
        bindings.push({ protocol, containerPort: port, hostPort: 0 });
    }
  }
  return bindings;
}

export interface PublishedPort {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

type PortMap = Readonly<
  Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
>;

/** `NetworkSettings.Ports`: published ports with their bindings, the merely exposed ones with null. */
export function portMap(config: Config, sandbox: Sandbox | undefined): PortMap {
  if (sandbox === undefined || sandbox.config.network.kind !== 'bridge') return {};
  const map: Record<string, { HostIp: string; HostPort: string }[] | null> = {};
  for (const key of Object.keys(config.ExposedPorts ?? {})) map[key] = null;
  for (const { protocol, containerPort, hostAddress, hostPort: port } of sandbox.ports) {
    (map[`${containerPort}/${protocol}`] ??= []).push({
      HostIp: hostAddress,
      HostPort: String(port),
    });
  }
  return Object.fromEntries(
    Object.entries(map).toSorted(
      ([one], [other]) => Number.parseInt(one, 10) - Number.parseInt(other, 10),
    ),
  );
}

/** `Ports` of the container list. */
export function publishedPorts(map: PortMap): readonly PublishedPort[] {
  return Object.entries(map).flatMap(([key, bindings]): PublishedPort[] => {
    const { port, protocol } = parsePort(key);
    if (bindings === null) return [{ PrivatePort: port, Type: protocol }];
    return bindings.map(({ HostIp, HostPort }) => ({
      IP: HostIp,
      PrivatePort: port,
      PublicPort: Number(HostPort),
      Type: protocol,
    }));
  });
}
