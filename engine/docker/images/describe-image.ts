/** Images as `docker images`, `inspect` and `history` show them. */
import type { Image, ImageHistory, Images } from '../../runtime/types.ts';
import { ZERO_TIME, goTime } from '../../base/go-format.ts';

function createdAt(image: Image): number {
  const time = Date.parse(image.config.created ?? '');
  return Number.isNaN(time) ? 0 : time;
}

/** Docker's order of fields, with the defaults a bare OCI configuration leaves out. */
function runConfig(config: Image['config']['config']): object | null {
  if (config === undefined) return null;
  return {
    Hostname: '',
    Domainname: '',
    User: '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(config.ExposedPorts ? { ExposedPorts: config.ExposedPorts } : {}),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck ? { Healthcheck: config.Healthcheck } : {}),
    Image: '',
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? null,
    ...(config.StopSignal ? { StopSignal: config.StopSignal } : {}),
    ...(config.Shell ? { Shell: config.Shell } : {}),
    ...Object.fromEntries(
      Object.entries(config).filter(
        ([name, value]) => ['User', 'Hostname', 'Domainname', 'Image'].includes(name) && value,
      ),
    ),
  };
}

export function inspectImage(image: Image): Readonly<Record<string, unknown>> {
  const { config } = image;
  return {
    Id: image.id,
    RepoTags: image.tags.toSorted(),
    RepoDigests: image.repoDigests,
    Parent: image.parent ?? '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? ZERO_TIME,
    Container: config.container ?? '',
    ContainerConfig: runConfig(config.container_config ?? {}),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: runConfig(config.config ?? {}),
    Architecture: config.architecture,
    Os: config.os,
    Size: image.size,
    VirtualSize: image.size,
    GraphDriver: { Data: null, Name: 'overlay2' },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: goTime(image.taggedAt) },
  };
}

export function summarizeImage(
  image: Image,
  containers = -1,
  sharedSize = -1,
): Readonly<Record<string, unknown>> {
  const dangling = image.tags.length === 0 && image.repoDigests.length === 0;
  return {
    Containers: containers,
    Created: Math.trunc(createdAt(image) / 1000),
    Id: image.id,
    Labels: image.config.config?.Labels ?? null,
    ParentId: image.parent ?? '',
    RepoDigests: dangling
      ? ['<none>@<none>']
      : image.repoDigests.length === 0
        ? null
        : image.repoDigests,
    RepoTags: dangling ? ['<none>:<none>'] : image.tags.toSorted(),
    SharedSize: sharedSize,
    Size: image.size,
    VirtualSize: image.size,
  };
}

/** Bytes of each image's layers that other images have, too. */
export function sharedSizes(images: readonly Image[]): ReadonlyMap<string, number> {
  const users = new Map<string, number>();
  for (const { diffId } of images.flatMap(({ layers }) => layers))
    users.set(diffId, (users.get(diffId) ?? 0) + 1);
  return new Map(
    images.map(({ id, layers }) => [
      id,
      layers
        .filter(({ diffId }) => (users.get(diffId) ?? 0) > 1)
        .reduce((sum, { contentSize }) => sum + contentSize, 0),
    ]),
  );
}

export function byAge(one: Image, other: Image): number {
  return createdAt(other) - createdAt(one);
}

export { createdAt as imageCreatedAt };

/** Newest step first. Ids are known of images that were built here; the rest is `<missing>`. */
export function imageHistory(image: Image, images: Images): readonly object[] {
  const entries: readonly ImageHistory[] = image.config.history ?? [];
  let layer = 0;
  const sized = entries.map((entry) => ({
    entry,
    size: entry.empty_layer === true ? 0 : (image.layers[layer++]?.contentSize ?? 0),
  }));
  let current: Image | undefined = image;
  return sized.toReversed().map(({ entry, size }) => {
    const line = {
      Comment: entry.comment ?? '',
      Created: Math.trunc((Date.parse(entry.created ?? '') || 0) / 1000),
      CreatedBy: entry.created_by ?? '',
      Id: current?.id ?? '<missing>',
      Size: size,
      Tags: current === undefined || current.tags.length === 0 ? null : current.tags,
    };
    current = current?.parent === undefined ? undefined : images.find(current.parent);
    return line;
  });
}
