import type { Digest, ImageRunConfig } from '../../runtime/types.ts';
import type { GivenConfig } from '../containers/create-body.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { containerEvent, type ContainerContext } from '../containers/context.ts';
import { getImage } from './pull-image.ts';

export interface CommitOptions {
  readonly reference: string | undefined;
  readonly author: string;
  readonly comment: string;
  /** `--change`, as the client has worked it out */
  readonly changes: GivenConfig;
}

/** `docker commit`: the container's changes as a new layer on its image. Returns the new image's id. */
export async function commitContainer(
  context: ContainerContext,
  record: ContainerRecord,
  options: CommitOptions,
): Promise<Digest> {
  const { runtime, clock } = context;
  const base = getImage(runtime.images, record.image);
  const layer = await runtime.layerOf(record.id);
  const created = new Date(clock.now()).toISOString();
  const { config } = record;
  const run: ImageRunConfig = {
    ...base.config.config,
    User: config.User,
    Env: config.Env,
    Cmd: config.Cmd,
    Entrypoint: config.Entrypoint,
    WorkingDir: config.WorkingDir,
    Labels: config.Labels,
    ...(config.ExposedPorts === undefined ? {} : { ExposedPorts: config.ExposedPorts }),
    ...(config.Volumes === null ? {} : { Volumes: config.Volumes }),
    ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    ...given(options.changes),
  };
  const diffIds = [...base.config.rootfs.diff_ids, layer.diffId];
  const image = await runtime.images.add({
    config: {
      ...base.config,
      created,
      ...(options.author === '' ? {} : { author: options.author }),
      container: record.id,
      config: run,
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: [
        ...(base.config.history ?? []),
        {
          created,
          created_by: [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])].join(' '),
          ...(options.author === '' ? {} : { author: options.author }),
          ...(options.comment === '' ? {} : { comment: options.comment }),
        },
      ],
    },
    layers: diffIds,
    ...(options.reference === undefined ? {} : { tags: [options.reference] }),
    parent: base.id,
  });
  containerEvent(context, record, 'commit', {
    comment: options.comment,
    imageID: image.id,
    imageRef: options.reference ?? '',
  });
  return image.id;
}

/** Only what `--change` set: the client sends every field. */
function given(changes: GivenConfig): Partial<ImageRunConfig> {
  const names = [
    'User',
    'Env',
    'Cmd',
    'Entrypoint',
    'WorkingDir',
    'Labels',
    'ExposedPorts',
    'Volumes',
    'StopSignal',
    'OnBuild',
  ] as const;
  return Object.fromEntries(
    names
      .map((name) => [name, changes[name]] as const)
      .filter(
        ([, value]) =>
          value !== null && value !== undefined && value !== '' && Object.keys(value).length > 0,
      ),
  ) as Partial<ImageRunConfig>;
}
