import type { ContainerConfig, ContainerPaths } from '../types.ts';

const CONTAINER_ROOT = '/var/lib/drydock/containers';

/** Where a container's parts are on the machine. */
export function containerPaths(config: ContainerConfig & { readonly id: string }): ContainerPaths {
  const directory = `${CONTAINER_ROOT}/${config.id}`;
  const log = typeof config.log === 'object' ? config.log.path : undefined;
  return {
    directory,
    upper: `${directory}/upper`,
    work: `${directory}/work`,
    merged: `${directory}/merged`,
    log: log ?? `${directory}/${config.id}-json.log`,
    hostname: `${directory}/hostname`,
    hosts: `${directory}/hosts`,
    resolvConf: `${directory}/resolv.conf`,
  };
}
