import { z } from 'zod';
import { type Digest, isDigest } from '../../storage/digest.ts';
import { getJson, putJson, type Storage } from '../../storage/storage.ts';

const FILE = 'records/layer-origins.json';
/** Kept of one layer, the newest; more would only be more to ask for. */
const MOST = 8;

const digest = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));
const originSchema = z.object({
  /** as references name it: `docker.io/library/nginx` */
  repository: z.string(),
  /** of the layer as it is transferred */
  digest,
  size: z.int().min(0),
});
const fileSchema = z.array(z.tuple([digest, z.array(originSchema)]));

/** Where a layer is known to be, and how it is called there. */
export type LayerOrigin = Readonly<z.infer<typeof originSchema>>;

/**
 * Remembers from where layers were pulled and to where they were pushed, as dockerd does: a push then
 * finds what a registry has, and mounts it from another repository, before it sends anything.
 */
export class LayerOrigins {
  readonly #storage: Storage;
  #known: Promise<Map<Digest, readonly LayerOrigin[]>> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Newest first. */
  async of(diffId: Digest): Promise<readonly LayerOrigin[]> {
    return (await this.#all()).get(diffId) ?? [];
  }

  async add(diffId: Digest, origin: LayerOrigin): Promise<void> {
    const all = await this.#all();
    const others = (all.get(diffId) ?? []).filter(
      (each) => each.repository !== origin.repository || each.digest !== origin.digest,
    );
    all.set(diffId, [origin, ...others].slice(0, MOST));
    const write = (): Promise<void> => putJson(this.#storage, FILE, [...all]);
    this.#saving = this.#saving.then(write, write);
    await this.#saving;
  }

  #all(): Promise<Map<Digest, readonly LayerOrigin[]>> {
    this.#known ??= getJson(this.#storage, FILE).then((stored) => {
      const parsed = fileSchema.safeParse(stored);
      return new Map(parsed.success ? parsed.data : []);
    });
    return this.#known;
  }
}
