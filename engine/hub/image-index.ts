/**
 * The catalogue of the registry: `index.json` beside `blobs/sha256/<hex>`. Written by the image
 * recipes in `engine/guest/images`, read by the registry handler.
 */
export interface ImageIndex {
  readonly repositories: Readonly<Record<string, RepositoryEntry>>;
}

export interface RepositoryEntry {
  /** one sentence for people */
  readonly description: string;
  /** tag → digest of an OCI image index */
  readonly tags: Readonly<Record<string, string>>;
  /** every manifest and image index of this repository by digest */
  readonly manifests: Readonly<Record<string, ManifestEntry>>;
  /** configs and layers that may be read through this repository: digest → bytes */
  readonly blobs: Readonly<Record<string, number>>;
  /** bytes of all layers as they are transferred */
  readonly layerSize: number;
  readonly sources: readonly SourceEntry[];
}

export interface ManifestEntry {
  readonly mediaType: string;
  /** bytes */
  readonly size: number;
  /** of an image index: the manifest for clients that do not accept an index */
  readonly defaultManifest?: string;
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
