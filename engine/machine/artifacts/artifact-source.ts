/** Bytes received so far of a file; `total` is 0 while unknown. */
export type FetchProgress = (done: number, total: number) => void;

export interface ReadOptions {
  readonly onProgress?: FetchProgress;
  /** `once`: the caller tries again by itself. `past-cache` too, and asks the server although the browser has the file. */
  readonly attempt?: 'once' | 'past-cache';
}

/**
 * Where the guest's files come from. Paths are relative and use slashes: `guest/…` is the
 * content of `engine/guest/dist`, `states/…` the content of `build/states`.
 */
export interface ArtifactSource {
  /** The whole file. Throws `MachineError` `ARTIFACT_UNAVAILABLE`, after retries where they make sense. */
  read(path: string, options?: ReadOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Bytes that came over the network or from the file system so far. */
  readonly fetchedBytes: number;
}

/** Reads and parses a JSON file. The caller vouches for its shape: it is part of the same build. */
export async function readJson<T>(source: ArtifactSource, path: string): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await source.read(path))) as T;
}
