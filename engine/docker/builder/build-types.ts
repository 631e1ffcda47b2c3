/** What the builder needs and what it tells. */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { LayerStore } from '../../runtime/images/layer-store.ts';
import type {
  ContainerConfig,
  Digest,
  Image,
  ImageRunConfig,
  NetworkMode,
  NewImage,
  OutputChunk,
  Resources,
} from '../../runtime/types.ts';

/** One object of the JSON stream that `POST /build` answers with. `pull` may write progress objects of its own. */
export type BuildMessage =
  | { readonly stream: string }
  | { readonly aux: { readonly ID: string } }
  | Readonly<Record<string, unknown>>;
export type WriteMessage = (message: BuildMessage) => void;

/**
 * What a build asks of the engine. It may run in another worker: every answer is a promise, and what
 * crosses is data, functions and streams of bytes.
 */
export interface BuildHost {
  findImage(reference: string): Promise<Image | undefined>;
  /** Images made right on top of this one, or on nothing. */
  imagesOn(parent: Digest | undefined): Promise<readonly Image[]>;
  addImage(image: NewImage): Promise<Image>;
  tagImage(id: Digest, tag: string): Promise<void>;
  /** Pulls an image for FROM or COPY --from and writes Docker's progress messages. */
  pull(
    reference: string,
    options: { readonly platform?: string },
    write: WriteMessage,
  ): Promise<Image>;
  /**
   * Runs a container to its end and resolves with its exit status. `onOutput` hears what it writes, in
   * order. Rejects with a RuntimeError when it cannot start.
   */
  run(
    container: StepContainer,
    onOutput: (chunk: OutputChunk) => void | Promise<void>,
  ): Promise<number>;
  /** Nothing happens to one that does not run. */
  kill(container: string): Promise<void>;
  /** What a container changed, as a layer's tar. */
  layerTar(container: string): Promise<ReadableStream<Uint8Array>>;
  removeContainer(id: string): Promise<void>;
  /** Leaves the container of a RUN step to the user, as one of `docker ps -a`. */
  keepContainer(container: {
    readonly id: string;
    readonly image: Digest;
    readonly config: ImageRunConfig;
  }): Promise<void>;
}

/** The container of a RUN step. */
export interface StepContainer extends Omit<ContainerConfig, 'id' | 'mounts'> {
  readonly id: string;
  /** directories whose changes are not the image's */
  readonly volumes: readonly string[];
}

export interface BuildServices {
  readonly host: BuildHost;
  /** of the store that the host's images are in */
  readonly layers: Pick<LayerStore, 'add' | 'tree'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Query parameters of `POST /build` (Docker Engine API 1.41). Absent means the default. */
export interface BuildOptions {
  /** `t`; completed and checked before anything is built */
  readonly tags?: readonly string[];
  /** path in the context; `Dockerfile` */
  readonly dockerfile?: string;
  /** null: a name without a value */
  readonly buildArgs?: Readonly<Record<string, string | null>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly noCache?: boolean;
  /** look for newer base images */
  readonly pull?: boolean;
  /** remove the containers of steps that succeed; true */
  readonly remove?: boolean;
  /** remove them in any case */
  readonly forceRemove?: boolean;
  readonly quiet?: boolean;
  readonly platform?: string;
  /** of RUN steps; the default bridge when absent */
  readonly network?: NetworkMode;
  readonly extraHosts?: readonly string[];
  /** bytes */
  readonly shmSize?: number;
  readonly resources?: Resources;
  readonly ulimits?: NonNullable<ContainerConfig['ulimits']>;
  /** references of images whose steps may be taken; those of earlier builds here when empty */
  readonly cacheFrom?: readonly string[];
  readonly cgroupParent?: string;
  readonly signal?: AbortSignal;
}
