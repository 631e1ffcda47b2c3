/** What the page says about images, worked out from the registry's catalogue. */
import type { HubContents, PushedRepository } from '../../../engine/api/hub.ts';
import type { RepositoryEntry, SourceEntry } from '../../../engine/api/image-index.ts';

export interface ImageLayer {
  readonly digest: string;
  /** bytes as transferred */
  readonly size: number;
  readonly createdBy: string;
  /** other images that have the same layer */
  readonly sharedWith: readonly string[];
}

export interface OfficialImage {
  /** as `docker pull` takes it: `nginx`, `registry.k8s.io/pause` */
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** bytes of all layers as transferred */
  readonly size: number;
  /** bytes of the layers that no other image has */
  readonly ownSize: number;
  readonly layers: readonly ImageLayer[];
  readonly differences: readonly string[];
  readonly sources: readonly SourceEntry[];
}

export interface Catalogue {
  readonly official: readonly OfficialImage[];
  readonly pushed: readonly PushedRepository[];
}

export function describeHub({ official, pushed }: HubContents): Catalogue {
  const entries = Object.entries(official.repositories).map(
    ([repository, entry]) => [repository.replace(/^library\//, ''), entry] as const,
  );
  const holders = new Map<string, string[]>();
  for (const [name, { layers }] of entries)
    for (const { digest } of layers) holders.set(digest, [...(holders.get(digest) ?? []), name]);
  return {
    official: entries
      .map(([name, entry]) => describeImage(name, entry, holders))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
    pushed,
  };
}

function describeImage(
  name: string,
  { description, tags, layers, differences, sources }: RepositoryEntry,
  holders: ReadonlyMap<string, readonly string[]>,
): OfficialImage {
  const described = layers.map((layer) => ({
    ...layer,
    sharedWith: (holders.get(layer.digest) ?? []).filter((other) => other !== name),
  }));
  const sizeOf = (some: readonly ImageLayer[]): number =>
    some.reduce((sum, { size }) => sum + size, 0);
  return {
    name,
    description,
    tags: Object.keys(tags).toSorted(newestFirst),
    size: sizeOf(described),
    ownSize: sizeOf(described.filter(({ sharedWith }) => sharedWith.length === 0)),
    layers: described,
    differences,
    sources,
  };
}

/** `latest`, then versions, the longest first, then names. */
function newestFirst(a: string, b: string): number {
  const rank = (tag: string): number => (tag === 'latest' ? 0 : /^\d/.test(tag) ? 1 : 2);
  return rank(a) - rank(b) || b.length - a.length || a.localeCompare(b);
}

/** As docker prints sizes: 1000 bytes are a kB. */
export function dockerSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${Number(value.toPrecision(3))} ${units[unit]}`;
}
