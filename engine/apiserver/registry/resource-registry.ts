import { Emitter, type Event } from '../../base/emitter.ts';
import { isStored, type ServedResource, type StoredResource } from './served-resource.ts';

/** A version of a group, as discovery shows it. */
export interface ServedVersion {
  readonly version: string;
  readonly resources: readonly ServedResource[];
}

export interface ServedGroup {
  /** empty for core */
  readonly name: string;
  /** preferred first */
  readonly versions: readonly ServedVersion[];
}

/** `v2` before `v1` before `v1beta2` before `v1alpha1` before everything else (apimachinery `version.CompareKubeAwareVersionStrings`). */
export function compareVersions(one: string, other: string): number {
  const parse = (text: string): readonly number[] | undefined => {
    const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(text);
    if (match === null) return undefined;
    const level = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
    return [level, Number(match[1]), Number(match[3] ?? 0)];
  };
  const first = parse(one);
  const second = parse(other);
  if (first === undefined || second === undefined)
    return first === second ? (one < other ? -1 : 1) : first === undefined ? 1 : -1;
  for (let index = 0; index < first.length; index++) {
    const difference = (second[index] ?? 0) - (first[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** By group and name, as definitions come in any order. */
function customInOrder(
  custom: ReadonlyMap<string, readonly ServedResource[]>,
): readonly ServedResource[] {
  const id = ({ definition }: ServedResource): string => `${definition.group} ${definition.plural}`;
  return [...custom.values()].flat().toSorted((one, other) => (id(one) < id(other) ? -1 : 1));
}

/** Every resource this server serves itself: built-in ones for good, custom ones as they are defined. */
export class ResourceRegistry {
  readonly #builtIn: readonly ServedResource[];
  readonly #custom = new Map<string, readonly ServedResource[]>();
  readonly #changed = new Emitter<void>();
  #byPath = new Map<string, ServedResource>();
  #groups: readonly ServedGroup[] = [];

  /** @param builtIn in the order of discovery */
  constructor(builtIn: readonly ServedResource[]) {
    this.#builtIn = builtIn;
    this.#index();
  }

  get onChange(): Event<void> {
    return this.#changed.event;
  }

  get groups(): readonly ServedGroup[] {
    return this.#groups;
  }

  get all(): readonly ServedResource[] {
    return [...this.#byPath.values()];
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    return this.#byPath.get(`${group}/${version}/${plural}`);
  }

  /** Whether a path is known to be the API's even if nothing is there: below a built-in group. */
  covers(path: string): boolean {
    const [, root = '', group = ''] = path.split('/');
    if (root !== 'apis') return root === 'api' || root === 'version';
    return this.#builtIn.some(({ definition }) => definition.group === group && group !== '');
  }

  /** A built-in resource that is there for sure. */
  stored(group: string, version: string, plural: string): StoredResource {
    const resource = this.find(group, version, plural);
    if (resource === undefined || !isStored(resource)) throw new Error(`${plural} are not stored.`);
    return resource;
  }

  /** The resource in whatever version comes first. */
  findKind(group: string, kind: string): ServedResource | undefined {
    return this.all.find(
      ({ definition }) => definition.group === group && definition.kind === kind,
    );
  }

  /** Serves what a definition of custom resources says, in place of what it said before. */
  setCustom(definition: string, resources: readonly ServedResource[]): void {
    if (resources.length === 0) this.#custom.delete(definition);
    else this.#custom.set(definition, resources);
    this.#index();
    this.#changed.fire();
  }

  #index(): void {
    const all = [...this.#builtIn, ...customInOrder(this.#custom)];
    this.#byPath = new Map(
      all.map((resource) => {
        const { group, version, plural } = resource.definition;
        return [`${group}/${version}/${plural}`, resource];
      }),
    );
    const groups = new Map<string, Map<string, ServedResource[]>>();
    for (const resource of all) {
      const { group, version } = resource.definition;
      const versions = groups.get(group) ?? new Map<string, ServedResource[]>();
      groups.set(group, versions);
      versions.set(version, [...(versions.get(version) ?? []), resource]);
    }
    this.#groups = [...groups].map(([name, versions]) => ({
      name,
      versions: [...versions]
        .toSorted(([one], [other]) => compareVersions(one, other))
        .map(([version, resources]) => ({ version, resources })),
    }));
  }
}
