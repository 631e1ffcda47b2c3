/**
 * The catalogue of the images that Drydock brings along: `index.json` beside `blobs/sha256/<hex>`. Written
 * by the image recipes in `engine/guest/images`, read by the registry and by the page that lists images.
 */
/** SHA-256 of a file's bytes. */
type Digest = `sha256:${string}`;

export interface ImageIndex {
  readonly repositories: Readonly<Record<string, RepositoryEntry>>;
}

export interface RepositoryEntry {
  /** one sentence for people */
  readonly description: string;
  /** from the image that Docker Hub has under this name, for people */
  readonly differences: readonly string[];
  /** tag → digest of an OCI image index */
  readonly tags: Readonly<Record<string, Digest>>;
  /** every manifest and image index of this repository by digest */
  readonly manifests: Readonly<
    Record<
      Digest,
      { readonly mediaType: string; readonly size: number; readonly defaultManifest?: Digest }
    >
  >;
  /** configs and layers that may be read through this repository: digest → bytes */
  readonly blobs: Readonly<Record<Digest, number>>;
  /** bottom first; sizes in bytes as they are transferred */
  readonly layers: readonly {
    readonly digest: Digest;
    readonly size: number;
    readonly createdBy: string;
  }[];
  readonly sources: readonly SourceEntry[];
}

/** Where the contents come from, for the third-party notices. */
export interface SourceEntry {
  /** binary package, or a path in this repository */
  readonly name: string;
  readonly version: string;
  /** Debian source package */
  readonly source: string;
  readonly sourceVersion: string;
  /** licences that the package's copyright file names */
  readonly licence: string;
}
