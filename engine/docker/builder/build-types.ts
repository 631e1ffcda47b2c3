/** What the builder needs and what it tells. */
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type {
  Digest,
  Image,
  ImageRunConfig,
  NetworkMode,
  Resources,
  Runtime,
} from '../../runtime/types.ts';

/** One object of the JSON stream that `POST /build` answers with. `pull` may write progress objects of its own. */
export type BuildMessage =
  | { readonly stream: string }
  | { readonly aux: { readonly ID: string } }
  | Readonly<Record<string, unknown>>;
export type WriteMessage = (message: BuildMessage) => void;

/** The part of the runtime that builds use. */
export type BuildRuntime = Pick<
  Runtime,
  | 'images'
  | 'volumes'
  | 'createContainer'
  | 'startContainer'
  | 'killContainer'
  | 'layerOf'
  | 'removeContainer'
>;

export interface BuildServices {
  readonly runtime: BuildRuntime;
  readonly clock: Clock;
  readonly random: Random;
  /** Pulls an image for FROM or COPY --from and writes Docker's progress messages. */
  pull(
    reference: string,
    write: WriteMessage,
    options: { readonly platform?: string; readonly signal?: AbortSignal },
  ): Promise<Image>;
  /** Takes over the container of a RUN step that the options say to keep. Without it, such containers are removed. */
  keepContainer?(container: {
    readonly id: string;
    readonly image: Digest;
    readonly config: ImageRunConfig;
  }): Promise<void>;
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
  readonly cgroupParent?: string;
  readonly signal?: AbortSignal;
}
