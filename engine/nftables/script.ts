import {
  chainDefinitionOf,
  definitionOf,
  formatElement,
  type Chain,
  type Collection,
  type Element,
  type Ruleset,
} from './ruleset.ts';

export interface TableName {
  /** only `ip`: there is no IPv6 in the machines */
  readonly family: 'ip';
  readonly name: string;
  readonly comment: string;
}

/** Replaces whatever the kernel has under this name, in one transaction. */
export function replacingScript(table: TableName, ruleset: Ruleset): string {
  const at = `${table.family} ${table.name}`;
  const created = `add table ${at} { comment "${table.comment}" ; }`;
  return lines([created, `delete table ${at}`, created, ...changes(at, undefined, ruleset)]);
}

/**
 * The transaction that makes one ruleset of another, for `nft -f`; empty when they are the same.
 * Chains that are gone are emptied and not deleted: before Linux 6.2 a chain counts as used for a
 * moment after the map element that led to it was deleted. `deletingScript` deletes them later.
 */
export function changingScript(table: TableName, from: Ruleset, to: Ruleset): string {
  return lines(changes(`${table.family} ${table.name}`, from, to));
}

/** Deletes chains that are empty and have been out of use for long enough. */
export function deletingScript(table: TableName, chains: Iterable<string>): string {
  return lines([...chains].map((name) => `delete chain ${table.family} ${table.name} ${name}`));
}

/** The chains of `from` that the kernel keeps after `changingScript`. */
export function staleChains(from: Ruleset, to: Ruleset): string[] {
  return [...from.chains.keys()].filter((name) => !to.chains.has(name));
}

const lines = (statements: readonly string[]) =>
  statements.map((statement) => `${statement}\n`).join('');

function changes(at: string, from: Ruleset | undefined, to: Ruleset): string[] {
  const before = from ?? { chains: new Map<string, Chain>(), collections: new Map() };
  const rebuilt = rebuiltCollections(before, to);
  const chains = changedChains(before, to, rebuilt);
  const collections = [...to.collections].toSorted(byName);
  return [
    // What leads to something has to go before it.
    ...chains.flushed.map((name) => `flush chain ${at} ${name}`),
    ...collections.flatMap(([name, collection]) =>
      removedElements(
        at,
        name,
        rebuilt.has(name) ? undefined : before.collections.get(name),
        collection,
      ),
    ),
    ...[...before.collections]
      .toSorted(byName)
      .filter(([name]) => !to.collections.has(name) || rebuilt.has(name))
      .map(([name, { kind }]) => `delete ${kind} ${at} ${name}`),
    ...collections
      .filter(([name]) => !before.collections.has(name) || rebuilt.has(name))
      .map(
        ([name, collection]) =>
          `add ${collection.kind} ${at} ${name} { ${definitionOf(collection)} }`,
      ),
    ...chains.added.map(([name, chain]) => {
      const definition = chainDefinitionOf(chain);
      return `add chain ${at} ${name}${definition === '' ? '' : ` { ${definition} }`}`;
    }),
    ...chains.written.flatMap(([name, { rules }]) =>
      rules.map((rule) => `add rule ${at} ${name} ${rule}`),
    ),
    ...collections.flatMap(([name, collection]) =>
      addedElements(
        at,
        name,
        rebuilt.has(name) ? undefined : before.collections.get(name),
        collection,
      ),
    ),
  ];
}

/** A set whose definition changes has to be made anew, and the rules that use it with it. */
function rebuiltCollections(from: Ruleset, to: Ruleset): ReadonlySet<string> {
  const names = [...to.collections].flatMap(([name, collection]) => {
    const known = from.collections.get(name);
    const changed =
      known !== undefined &&
      (known.kind !== collection.kind || definitionOf(known) !== definitionOf(collection));
    return changed ? [name] : [];
  });
  return new Set(names);
}

function changedChains(from: Ruleset, to: Ruleset, rebuilt: ReadonlySet<string>) {
  const uses = (rule: string): boolean =>
    rebuilt.size > 0 && [...rule.matchAll(/@(\S+)/g)].some(([, name = '']) => rebuilt.has(name));
  const flushed: string[] = [];
  const added: [string, Chain][] = [];
  const written: [string, Chain][] = [];
  for (const [name, chain] of [...to.chains].toSorted(byName)) {
    const known = from.chains.get(name);
    if (known === undefined) added.push([name, chain]);
    else if (sameRules(known, chain) && !chain.rules.some(uses)) continue;
    else if (known.rules.length > 0) flushed.push(name);
    written.push([name, chain]);
  }
  for (const [name, { rules }] of [...from.chains].toSorted(byName)) {
    if (!to.chains.has(name) && rules.length > 0) flushed.push(name);
  }
  return { flushed, added, written };
}

const sameRules = (one: Chain, other: Chain) =>
  one.rules.length === other.rules.length &&
  one.rules.every((rule, index) => rule === other.rules[index]);

function removedElements(
  at: string,
  name: string,
  from: Collection | undefined,
  to: Collection,
): string[] {
  const kept = elementsOf(to);
  const keys = [...elementsOf(from)].flatMap(([key, element]) => {
    const wanted = kept.get(key);
    return wanted !== undefined && sameElement(wanted, element) ? [] : [key];
  });
  return keys.length === 0
    ? []
    : [`delete element ${at} ${name} { ${keys.toSorted().join(', ')} }`];
}

function addedElements(
  at: string,
  name: string,
  from: Collection | undefined,
  to: Collection,
): string[] {
  const known = elementsOf(from);
  const texts = [...elementsOf(to)].flatMap(([key, element]) => {
    const had = known.get(key);
    return had !== undefined && sameElement(had, element) ? [] : [formatElement(key, element)];
  });
  return texts.length === 0 ? [] : [`add element ${at} ${name} { ${texts.toSorted().join(', ')} }`];
}

const noElements: ReadonlyMap<string, Element> = new Map();
const elementsOf = (collection: Collection | undefined) =>
  collection === undefined || collection.elements === 'dynamic' ? noElements : collection.elements;

const sameElement = (one: Element, other: Element) =>
  one.value === other.value && one.comment === other.comment;

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : Number(one > other);
