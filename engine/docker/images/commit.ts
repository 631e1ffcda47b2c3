import type { Digest, ImageConfig, ImageRunConfig } from '../../runtime/types.ts';
import { applyChanges } from '../builder/apply-changes.ts';
import { completeConfig } from '../containers/container-config.ts';
import type { GivenConfig } from '../containers/create-body.ts';
import type { ContainerRecord } from '../containers/container-record.ts';
import { containerEvent, type ContainerContext } from '../containers/context.ts';
import { getImage } from './pull-image.ts';

export interface CommitOptions {
  readonly reference: string | undefined;
  readonly author: string;
  readonly comment: string;
  /** stop the container's processes while its files are read */
  readonly pause: boolean;
  /** what an API client gives instead of the container's own */
  readonly config: GivenConfig | null;
  /** `--change`: instructions as a Dockerfile has them */
  readonly changes: readonly string[];
}

/** diff id of a tar that holds nothing: 1,024 zero bytes */
const EMPTY_LAYER: Digest =
  'sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef';

/** `docker commit`: the container's changes as a new layer on its image. Returns the new image's id. */
export async function commitContainer(
  context: ContainerContext,
  record: ContainerRecord,
  options: CommitOptions,
): Promise<Digest> {
  const { runtime, clock } = context;
  const { author, comment, reference } = options;
  const base = getImage(runtime.images, record.image);
  const own = runConfig(record.config);
  const given = options.config === null ? own : givenConfig(options.config, record);
  const config = await applyChanges(given, options.changes);
  const layer = await frozen(context, record, options.pause, async () =>
    runtime.images.addLayer(await runtime.layerTar(record.id)),
  );
  const isEmpty = layer.diffId === EMPTY_LAYER;
  const created = new Date(clock.now()).toISOString();
  const diffIds = [...base.config.rootfs.diff_ids, ...(isEmpty ? [] : [layer.diffId])];
  const image = await runtime.images.add({
    config: {
      architecture: base.config.architecture,
      os: base.config.os,
      created,
      docker_version: '20.10.24',
      ...(author === '' ? {} : { author }),
      ...(comment === '' ? {} : { comment }),
      container: record.id,
      container_config: own,
      config,
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: [
        ...(base.config.history ?? []),
        {
          created,
          created_by: (record.config.Cmd ?? []).join(' '),
          ...(author === '' ? {} : { author }),
          ...(comment === '' ? {} : { comment }),
          ...(isEmpty ? { empty_layer: true } : {}),
        },
      ],
    } satisfies ImageConfig,
    layers: diffIds,
    parent: base.id,
  });
  if (reference !== undefined) await runtime.images.tag(image.id, reference);
  containerEvent(context, record, 'commit', {
    comment,
    imageID: image.id,
    imageRef: reference ?? '',
  });
  return image.id;
}

/** Does something while the container's processes stand still. */
async function frozen<T>(
  { runtime }: ContainerContext,
  { id }: ContainerRecord,
  pause: boolean,
  action: () => Promise<T>,
): Promise<T> {
  if (!pause || runtime.container(id).state !== 'running') return action();
  await runtime.pauseContainer(id);
  try {
    return await action();
  } finally {
    await runtime.resumeContainer(id);
  }
}

function runConfig(config: ContainerRecord['config']): ImageRunConfig {
  return config as ImageRunConfig;
}

/** An API client's configuration, completed by the container's as a container's is by its image's. */
function givenConfig(given: GivenConfig, record: ContainerRecord): ImageRunConfig {
  return runConfig({
    ...completeConfig(given, runConfig(record.config), record.id),
    Hostname: given.Hostname ?? '',
    Image: given.Image ?? '',
  });
}
