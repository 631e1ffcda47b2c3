/** Content, layers and images, as the runtime's users see them. */
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { BlobSource, PublishedTree } from '../api/image-tree.ts';
import type { Event } from '../base/emitter.ts';
import type { Digest } from '../storage/digest.ts';

export type { Digest };

export interface BlobInfo {
  readonly digest: Digest;
  readonly size: number;
}

/** Blobs by digest, on the host side. A blob that can be found is whole and was verified. */
export interface ContentStore {
  has(digest: Digest): Promise<boolean>;
  /** bytes; undefined when absent */
  size(digest: Digest): Promise<number | undefined>;
  /** For random access, also from another worker. Throws NOT_FOUND. */
  source(digest: Digest): Promise<BlobSource>;
  /** `length` bytes from `offset`; everything when absent. Throws NOT_FOUND. */
  read(
    digest: Digest,
    range?: { readonly offset: number; readonly length?: number },
  ): Promise<ReadableStream<Uint8Array>>;
  readAll(digest: Digest): Promise<Uint8Array>;
  /** Hashes while storing; throws DIGEST_MISMATCH and keeps nothing when `expected` differs. */
  write(content: ReadableStream<Uint8Array> | Uint8Array, expected?: Digest): Promise<BlobInfo>;
  remove(digest: Digest): Promise<void>;
  list(): Promise<readonly BlobInfo[]>;
}

/** The part of an OCI image configuration that describes how to run it (Docker's `Config`). */
export interface ImageRunConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>> | null;
  readonly Env?: readonly string[] | null;
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, object>> | null;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
  readonly Shell?: readonly string[] | null;
  /** durations in nanoseconds */
  readonly Healthcheck?: {
    readonly Test?: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly StartInterval?: number;
    readonly Retries?: number;
  } | null;
  readonly OnBuild?: readonly string[] | null;
  readonly ArgsEscaped?: boolean;
}

export interface ImageHistory {
  readonly created?: string;
  readonly created_by?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** OCI image configuration (image-spec, config.md) with the fields Docker adds. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly created?: string;
  readonly author?: string;
  readonly docker_version?: string;
  readonly comment?: string;
  readonly container?: string;
  readonly container_config?: ImageRunConfig;
  readonly config?: ImageRunConfig;
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly ImageHistory[];
}

/** One uncompressed layer in the content store, under its diff id. */
export interface Layer {
  readonly diffId: Digest;
  /** bytes of the tar */
  readonly size: number;
  /** bytes of the regular files in it, as `docker history` and `docker images` count */
  readonly contentSize: number;
}

export interface Image {
  /** digest of `configBytes` */
  readonly id: Digest;
  readonly config: ImageConfig;
  /** exactly as pulled or built */
  readonly configBytes: Uint8Array;
  readonly layers: readonly Layer[];
  /** familiar form: `nginx:latest` */
  readonly tags: readonly string[];
  /** familiar form: `nginx@sha256:…` */
  readonly repoDigests: readonly string[];
  /** the image this was built from, when it was built here */
  readonly parent?: Digest;
  /** sum of `contentSize` */
  readonly size: number;
  /** UNIX time in milliseconds when a tag was last set here */
  readonly taggedAt?: number;
}

export type PullEvent =
  /** the reference is being resolved; `tag` or `digest` as Docker prints it after "Pulling from" */
  | { readonly kind: 'resolving'; readonly repository: string; readonly reference: string }
  /** `id` is the short layer digest (12 digits) */
  | {
      readonly kind: 'layer';
      readonly id: string;
      readonly state:
        | 'pulling'
        | 'exists'
        | 'waiting'
        | 'downloading'
        | 'verifying'
        | 'downloaded'
        | 'extracting'
        | 'done';
      readonly current: number;
      readonly total: number;
    }
  | {
      readonly kind: 'resolved';
      readonly digest: Digest;
      readonly upToDate: boolean;
    };

export type PushEvent =
  /** `id` is the short diff id (12 digits); `from` the repository a layer was mounted from */
  | {
      readonly kind: 'layer';
      readonly id: string;
      readonly state: 'preparing' | 'waiting' | 'exists' | 'mounted' | 'pushing' | 'pushed';
      /** bytes of the uncompressed layer */
      readonly current: number;
      readonly total: number;
      readonly from?: string;
    }
  /** the manifest is there; `size` is its own, in bytes */
  | {
      readonly kind: 'pushed';
      readonly tag: string;
      readonly digest: Digest;
      readonly size: number;
    };

/** The world of registries as a function: absolute URL in, response out. Rejects, with Go's words, when there is no such host. */
export type RegistryFetch = (request: HttpRequest) => Promise<HttpResponse>;

/** What a client knows of a registry's user: Docker's `AuthConfig`. */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  /** a Bearer token that the registry itself takes */
  readonly registryToken?: string;
}

/** In whose name a registry is asked, and until when. */
export interface RegistryOptions {
  readonly credentials?: RegistryCredentials;
  readonly signal?: AbortSignal;
}

export interface ImageEvent {
  readonly action: 'pull' | 'push' | 'tag' | 'untag' | 'delete' | 'import' | 'build';
  readonly id: Digest;
  /** familiar reference or image id */
  readonly name: string;
  readonly time: number;
}

/** One line of what `remove` did, in Docker's order. */
export type ImageDeletion = { readonly untagged: string } | { readonly deleted: string };

export interface NewImage {
  readonly config: ImageConfig;
  /** diff ids that are already in the content store, bottom first; must equal `config.rootfs.diff_ids` */
  readonly layers: readonly Digest[];
  readonly tags?: readonly string[];
  readonly parent?: Digest;
}

export interface Images {
  readonly events: Event<ImageEvent>;
  list(): readonly Image[];
  /** By id, id prefix, tag, or digest reference. Throws NOT_FOUND ("No such image: …") or INVALID. */
  get(reference: string): Image;
  find(reference: string): Image | undefined;
  /** Stores config and makes the image known. The result exists when the same config was known before. */
  add(image: NewImage): Promise<Image>;
  /** Makes known an image whose layers are stored, by its configuration as somebody else wrote it. Throws NOT_FOUND for a missing layer. */
  load(configBytes: Uint8Array): Promise<Image>;
  tag(source: string, target: string): Promise<void>;
  /**
   * Removes a tag or digest, or the image with all its tags when it is named by id. Layers that
   * no image uses go too. `inUse` lists ids of images that containers use: CONFLICT without `force`.
   */
  remove(
    reference: string,
    options?: {
      readonly force?: boolean;
      readonly noPrune?: boolean;
      readonly inUse?: readonly ImageUse[];
    },
  ): Promise<readonly ImageDeletion[]>;
  pull(
    reference: string,
    options?: RegistryOptions & {
      readonly onProgress?: (event: PullEvent) => void;
      readonly platform?: string;
    },
  ): Promise<Image>;
  /** Every tag of a repository, as its registry tells. */
  remoteTags(reference: string, options?: RegistryOptions): Promise<readonly string[]>;
  /**
   * Sends the image of a tag, or of every tag of a name without one, to the registry that the name begins with.
   * Throws REGISTRY in dockerd's words.
   */
  push(
    reference: string,
    options?: RegistryOptions & { readonly onProgress?: (event: PushEvent) => void },
  ): Promise<void>;
  /** Children first: images whose `parent` chain leads to `id`. */
  children(id: Digest): readonly Image[];
  /** The merged tree of layers, to publish or to read on the host. Cached. */
  tree(layers: readonly Digest[], options?: TreeOptions): Promise<ImageTree>;
  /** Stores a layer from a tar stream and indexes it. */
  addLayer(tar: ReadableStream<Uint8Array> | Uint8Array): Promise<Layer>;
  /** Layers that outlive their images, because containers stand on them. */
  keepLayers(needed: () => Iterable<Digest>): void;
  /** Removes those of the layers that no image and no container needs. */
  dropLayers(layers: readonly Digest[]): Promise<void>;
  /** Removes layers that neither an image nor `keep` needs. */
  collectLayers(keep?: readonly Digest[]): Promise<void>;
}

export interface TreeOptions {
  /** with the directories and empty files that every container mounts something on, as Docker's init layer has them */
  readonly mountPoints?: boolean;
}

export interface ImageUse {
  readonly image: Digest;
  readonly containerId: string;
  readonly running: boolean;
}

/** Layers merged on the host. */
export interface ImageTree {
  /** chain id of the layers in hexadecimal: the name it is published under */
  readonly name: string;
  readonly tree: PublishedTree;
  /** Follows symbolic links inside the tree. Undefined when absent. */
  lookup(path: string, options?: { readonly followLast?: boolean }): TreeEntry | undefined;
  /** Whole contents of a regular file. Throws NOT_FOUND. */
  readFile(path: string): Promise<Uint8Array>;
  /** A POSIX tar of `path`: the entry itself as `name`, or with `contentsOnly` what is below a directory. */
  archive(
    path: string,
    options?: { readonly name?: string; readonly contentsOnly?: boolean },
  ): ReadableStream<Uint8Array>;
}

export interface TreeEntry {
  /** real path, without symbolic links on the way */
  readonly path: string;
  readonly node: PublishedTree['root'];
}
