import type { Clock } from '../../base/clock.ts';
import { fullName, parseReference } from '../../runtime/images/reference.ts';
import type { Images, PushEvent, RegistryOptions } from '../../runtime/types.ts';
import { ProgressLines, type WriteLine } from './progress-lines.ts';

type LayerEvent = Extract<PushEvent, { kind: 'layer' }>;

const STATUS: Readonly<Record<LayerEvent['state'], string>> = {
  preparing: 'Preparing',
  waiting: 'Waiting',
  exists: 'Layer already exists',
  mounted: 'Mounted from',
  pushing: 'Pushing',
  pushed: 'Pushed',
};

/** Pushes and tells it as `docker push` does. */
export async function pushImage(
  images: Images,
  clock: Clock,
  reference: string,
  write: WriteLine,
  options: RegistryOptions,
): Promise<void> {
  const lines = new ProgressLines(clock, write);
  const onProgress = (event: PushEvent): void => {
    if (event.kind === 'layer') {
      const { id, state, current, total, from } = event;
      const status = from === undefined ? STATUS[state] : `${STATUS[state]} ${from}`;
      if (state === 'pushing') lines.tellMoving(id, status, current, total);
      else lines.tell(id, status);
      return;
    }
    const { tag, digest, size } = event;
    write({ status: `${tag}: digest: ${digest} size: ${size}` });
    // For clients that sign what they push.
    write({ progressDetail: {}, aux: { Tag: tag, Digest: digest, Size: size } });
  };
  write({ status: `The push refers to repository [${fullName(parseReference(reference))}]` });
  await images.push(reference, { ...options, onProgress });
}
