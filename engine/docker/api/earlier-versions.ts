/**
 * What clients of earlier versions of the API cannot have meant: fields that came later are taken out of
 * their requests. Source: "Engine API version history", docs.docker.com.
 */
import type { CreateBody, GivenMount } from '../containers/create-body.ts';
import { badRequest } from './api-error.ts';
import type { ApiRequest } from './api-request.ts';

/** A container to be created. Throws 400. */
export function knownTo(request: ApiRequest, body: CreateBody): CreateBody {
  const { HostConfig: host, Healthcheck: health, ...config } = body;
  const { StartInterval: startInterval, ...check } = health ?? {};
  const { Annotations: annotations, ...limits } = host ?? {};
  const mounts = limits.Mounts?.map((mount) => knownMount(request, mount));
  return {
    ...config,
    ...(health && {
      Healthcheck:
        startInterval && request.speaks('1.44')
          ? { ...check, StartInterval: startInterval }
          : check,
    }),
    ...(host && {
      HostConfig: {
        ...limits,
        ...(mounts && { Mounts: mounts }),
        ...(annotations && request.speaks('1.43') ? { Annotations: annotations } : {}),
        ...(request.speaks('1.42') ? {} : { ConsoleSize: null }),
      },
    }),
  };
}

function knownMount(request: ApiRequest, mount: GivenMount): GivenMount {
  const { Type: type, BindOptions: bind } = mount;
  const options = { bind: 'BindOptions', volume: 'VolumeOptions', tmpfs: 'TmpfsOptions' } as const;
  if (request.speaks('1.42')) {
    for (const [kind, field] of Object.entries(options)) {
      if (kind !== type && mount[field])
        throw badRequest(`${field} must not be specified on mount type ${JSON.stringify(type)}`);
    }
    return mount;
  }
  if (!bind) return mount;
  const { CreateMountpoint: _later, ...known } = bind;
  return { ...mount, BindOptions: known };
}
