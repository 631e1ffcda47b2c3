/** The contract of the worker that holds the registry: one for all machines of a lab. */
import type { ByteStream } from './byte-stream.ts';
import type { ImageIndex } from './image-index.ts';

/** A repository that was pushed to. */
export interface PushedRepository {
  /** `ada/app` */
  readonly name: string;
  readonly tags: readonly string[];
  /** bytes of everything in it as it is transferred */
  readonly size: number;
}

/** What the registry has, for people. */
export interface HubContents {
  readonly official: ImageIndex;
  readonly pushed: readonly PushedRepository[];
}

export interface HubService {
  /**
   * Opens what is kept. Called once, before all else.
   * @param artifacts absolute URL, ending in a slash, of the folder that holds `guest/`; the origin's root when absent. Node reads files instead.
   */
  start(artifacts?: string): Promise<void>;
  /** A connection that speaks HTTP/1.1 with the registry, its token service and its search. */
  connect(): Promise<ByteStream>;
  contents(): Promise<HubContents>;
}
