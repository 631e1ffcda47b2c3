/**
 * One table of nftables as a value: what a component wants the kernel to hold. Rules are written as
 * `nft` reads them (nft(8)).
 */
export interface Ruleset {
  readonly chains: ReadonlyMap<string, Chain>;
  readonly collections: ReadonlyMap<string, Collection>;
}

export interface Chain {
  /** of a base chain: `type nat hook prerouting priority -100` */
  readonly hook?: string;
  readonly comment?: string;
  readonly rules: readonly string[];
}

/** A set or a map. */
export interface Collection {
  readonly kind: 'set' | 'map';
  /** `type ipv4_addr . inet_service : verdict` */
  readonly type: string;
  /** further statements of the definition: `flags interval` */
  readonly properties?: readonly string[];
  readonly comment?: string;
  /** Those of a set that rules fill while packets pass are the kernel's affair. */
  readonly elements: ReadonlyMap<string, Element> | 'dynamic';
}

/** What follows an element's key. */
export interface Element {
  readonly comment?: string;
  /** of a map: `goto reject-chain` */
  readonly value?: string;
}

export const emptyRuleset: Ruleset = { chains: new Map(), collections: new Map() };

/** Collects a ruleset; what is asked for twice is there once. */
export class RulesetBuilder implements Ruleset {
  readonly chains = new Map<string, Chain & { readonly rules: string[] }>();
  readonly collections = new Map<string, Collection>();

  /** The rules of a chain, to be added to. */
  chain(name: string, options: Omit<Chain, 'rules'> = {}): string[] {
    const known = this.chains.get(name);
    if (known !== undefined) return known.rules;
    const rules: string[] = [];
    this.chains.set(name, { ...options, rules });
    return rules;
  }

  /** The elements of a set or a map, to be added to. */
  collection(name: string, definition: Omit<Collection, 'elements'>): Map<string, Element> {
    const elements = new Map<string, Element>();
    this.collections.set(name, { ...definition, elements });
    return elements;
  }

  /** A set that rules fill. */
  dynamicSet(name: string, type: string, properties: readonly string[]): void {
    this.collections.set(name, { kind: 'set', type, properties, elements: 'dynamic' });
  }
}

/** The definition of a set or a map, as it stands between braces. */
export function definitionOf({ type, properties = [], comment }: Collection): string {
  return [`type ${type}`, ...properties, ...commentOf(comment)]
    .map((part) => `${part} ;`)
    .join(' ');
}

export function chainDefinitionOf({ hook, comment }: Chain): string {
  return [...(hook === undefined ? [] : [hook]), ...commentOf(comment)]
    .map((part) => `${part} ;`)
    .join(' ');
}

/** Longer ones are refused by `nft`. In bytes; what is written here has one for each character. */
const MOST_COMMENT = 128;

const commentOf = (comment: string | undefined) =>
  comment === undefined ? [] : [`comment "${comment.slice(0, MOST_COMMENT)}"`];

/** An element with what follows its key. */
export function formatElement(key: string, { comment, value }: Element): string {
  return [key, ...commentOf(comment), ...(value === undefined ? [] : [`: ${value}`])].join(' ');
}

/** A rule with a comment at its end. */
export function withComment(rule: string, comment: string): string {
  return [rule, ...commentOf(comment)].join(' ');
}
