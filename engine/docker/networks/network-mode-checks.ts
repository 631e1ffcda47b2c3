import { badRequest } from '../api/api-error.ts';
import type { GivenConfig, GivenHostConfig } from '../containers/create-body.ts';

/** Rules about the network mode that dockerd checks before anything else, on what was given. Throws 400. */
export function checkNetworkMode(config: GivenConfig, host: GivenHostConfig): void {
  const mode = host.NetworkMode ?? '';
  const isContainer = mode.startsWith('container:');
  const hasHostname = Boolean(config.Hostname);
  const links = (host.Links?.length ?? 0) > 0;
  const keys = (value: object | null | undefined): number => Object.keys(value ?? {}).length;
  const rules: readonly (readonly [broken: boolean, message: string])[] = [
    [mode === 'container:', 'Invalid network mode: invalid container format container:<name|id>'],
    [host.UTSMode === 'host' && hasHostname, 'conflicting options: hostname and the UTS mode'],
    [isContainer && hasHostname, 'conflicting options: hostname and the network mode'],
    [
      isContainer && links,
      "conflicting options: container type network can't be used with links. This would result in undefined behavior",
    ],
    [
      mode === 'host' && links,
      "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
    ],
    [isContainer && (host.Dns?.length ?? 0) > 0, 'conflicting options: dns and the network mode'],
    [
      isContainer && (host.ExtraHosts?.length ?? 0) > 0,
      'conflicting options: custom host-to-IP mapping and the network mode',
    ],
    [
      (isContainer || mode === 'host') && Boolean(config.MacAddress),
      'conflicting options: mac-address and the network mode',
    ],
    [
      isContainer && (keys(host.PortBindings) > 0 || host.PublishAllPorts === true),
      'conflicting options: port publishing and the container type network mode',
    ],
    [
      isContainer && keys(config.ExposedPorts) > 0,
      'conflicting options: port exposing and the container type network mode',
    ],
  ];
  const broken = rules.find(([isBroken]) => isBroken);
  if (broken !== undefined) throw badRequest(broken[1]);
}
