import { sleep } from '../../base/clock.ts';
import type { CriImage } from '../../runtime/cri/types.ts';
import type { KubeletContext, RuntimePod } from '../contracts.ts';
import type { StatsProvider } from '../stats/stats-provider.ts';

/** Milliseconds between collections (`ImageGCPeriod`). */
const PERIOD_MS = 300_000;

/** What is known of an image beside what it is. UNIX milliseconds. */
interface ImageRecord {
  readonly firstSeen: number;
  readonly lastUsed: number;
}

/** Ids of images that containers are made of, whether they run or not. */
function imagesInUse(
  images: readonly CriImage[],
  pods: readonly RuntimePod[],
): ReadonlySet<string> {
  const names = new Set(
    pods.flatMap(({ containers }) =>
      containers.flatMap(({ image, imageRef }) => [image, imageRef]),
    ),
  );
  return new Set(
    images
      .filter(({ id, repoTags, repoDigests }) =>
        [id, ...repoTags, ...repoDigests].some((name) => names.has(name)),
      )
      .map(({ id }) => id),
  );
}

/** Records of the images there are now. */
function updateRecords(
  records: ReadonlyMap<string, ImageRecord>,
  images: readonly CriImage[],
  used: ReadonlySet<string>,
  now: number,
): ReadonlyMap<string, ImageRecord> {
  return new Map(
    images.map(({ id }) => {
      const { firstSeen = now, lastUsed = 0 } = records.get(id) ?? {};
      return [id, { firstSeen, lastUsed: used.has(id) ? now : lastUsed }];
    }),
  );
}

/** Bytes to be freed; 0 while less than the high threshold is taken. */
export function bytesToFree(
  disk: { readonly total: number; readonly available: number },
  highPercent: number,
  lowPercent: number,
): number {
  const usedPercent = 100 - Math.floor((disk.available * 100) / disk.total);
  if (usedPercent < highPercent) return 0;
  return Math.floor((disk.total * (100 - lowPercent)) / 100) - disk.available;
}

interface ImageChoice {
  readonly images: readonly CriImage[];
  readonly records: ReadonlyMap<string, ImageRecord>;
  readonly used: ReadonlySet<string>;
  readonly now: number;
  /** milliseconds that an image must have been there */
  readonly minimumAge: number;
}

/** Images that may go, those first that were not used for longest. */
function unusedImages({
  images,
  records,
  used,
  now,
  minimumAge,
}: ImageChoice): readonly CriImage[] {
  const recordOf = ({ id }: CriImage) => records.get(id) ?? { firstSeen: now, lastUsed: 0 };
  return images
    .filter((image) => {
      const isOld = now - recordOf(image).firstSeen >= minimumAge;
      return !image.pinned && !used.has(image.id) && isOld;
    })
    .toSorted((one, other) => {
      const [a, b] = [recordOf(one), recordOf(other)];
      return a.lastUsed - b.lastUsed || a.firstSeen - b.firstSeen;
    });
}

/** Removes images that nothing uses when the disk fills up (pkg/kubelet/images/image_gc_manager.go). */
export class ImageGarbage {
  readonly #context: Pick<
    KubeletContext,
    'clock' | 'configuration' | 'cri' | 'events' | 'onError' | 'pods'
  >;
  readonly #stats: Pick<StatsProvider, 'node'>;
  #records: ReadonlyMap<string, ImageRecord> = new Map();

  constructor(
    context: Pick<
      KubeletContext,
      'clock' | 'configuration' | 'cri' | 'events' | 'onError' | 'pods'
    >,
    stats: Pick<StatsProvider, 'node'>,
  ) {
    this.#context = context;
    this.#stats = stats;
  }

  /** Until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onError } = this.#context;
    while (!signal.aborted) {
      await this.collect().catch(onError);
      await sleep(clock, PERIOD_MS, signal).catch(() => {});
    }
  }

  /** Frees what the thresholds ask for, and images that have not been used for longer than they may. */
  async collect(): Promise<void> {
    const { configuration, events } = this.#context;
    const { imageGcHighThresholdPercent: high, imageGcLowThresholdPercent: low } = configuration;
    const choice = await this.#look();
    await this.#removeOld(choice);
    const { disk } = await this.#stats.node(true);
    const wanted = bytesToFree(disk, high, low);
    if (wanted <= 0) return;
    const freed = await this.#free(choice, wanted);
    if (freed < wanted)
      events.node(
        'Warning',
        'FreeDiskSpaceFailed',
        `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`,
      );
  }

  /** All that nothing uses. */
  async removeUnused(): Promise<void> {
    await this.#free(await this.#look(), Number.POSITIVE_INFINITY);
  }

  async #look(): Promise<ImageChoice> {
    const { clock, configuration, cri, pods } = this.#context;
    const now = clock.now();
    const images = await cri.listImages();
    const used = imagesInUse(images, pods.running());
    this.#records = updateRecords(this.#records, images, used, now);
    const { imageMinimumGcAge: minimumAge } = configuration;
    return { images, records: this.#records, used, now, minimumAge };
  }

  async #removeOld(choice: ImageChoice): Promise<void> {
    const { cri, configuration } = this.#context;
    const most = configuration.imageMaximumGcAge;
    if (most === 0) return;
    for (const { id } of unusedImages(choice)) {
      const { firstSeen, lastUsed } = this.#records.get(id) ?? { firstSeen: 0, lastUsed: 0 };
      if (choice.now - Math.max(firstSeen, lastUsed) > most) await cri.removeImage(id);
    }
  }

  /** Bytes that were freed. */
  async #free(choice: ImageChoice, wanted: number): Promise<number> {
    const { cri, onError } = this.#context;
    let freed = 0;
    for (const { id, size } of unusedImages(choice)) {
      if (freed >= wanted) break;
      try {
        await cri.removeImage(id);
        freed += size;
      } catch (error) {
        onError(error);
      }
    }
    return freed;
  }
}
