import type { ContainerConfig, ContainerPaths } from '../types.ts';

const CONTAINER_ROOT = '/var/lib/drydock/containers';

/** Where the files of names are that a Pod's containers share: in memory, for they end with the Pod. */
export function podPaths(id: string): { readonly directory: string } & NameFiles {
  const directory = `/run/drydock/pods/${id}`;
  return {
    directory,
    hostname: `${directory}/hostname`,
    hosts: `${directory}/hosts`,
    resolvConf: `${directory}/resolv.conf`,
  };
}

export type NameFiles = Pick<ContainerPaths, 'hostname' | 'hosts' | 'resolvConf'>;

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
