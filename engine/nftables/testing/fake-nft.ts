import type { AgentTransport } from '../../machine/agent/agent-transport.ts';
import type { Chain, Collection, Element, Ruleset } from '../ruleset.ts';

interface Table {
  readonly chains: Map<string, { readonly definition: string; readonly rules: string[] }>;
  readonly collections: Map<
    string,
    { readonly kind: string; readonly definition: string; readonly elements: Map<string, string> }
  >;
}

class Refused extends Error {}

/**
 * As much of `nft -f` as is written here, strict where the kernel is: what is named must exist, what is
 * used cannot go, nothing is added twice, and a script that fails changes nothing.
 */
export class FakeNft {
  readonly scripts: string[] = [];
  tables = new Map<string, Table>();

  /** The exit status and what goes to standard error. */
  run(script: string): { readonly code: number; readonly stderr: string } {
    this.scripts.push(script);
    const tables = structuredClone(this.tables);
    for (const line of script.split('\n')) {
      if (line === '') continue;
      try {
        execute(tables, line);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { code: 1, stderr: `Error: ${error.message}\n${line}\n` };
      }
    }
    const dangling = [...tables.values()].flatMap(danglingIn);
    if (dangling.length > 0) return { code: 1, stderr: `Error: ${dangling.join(', ')}\n` };
    this.tables = tables;
    return { code: 0, stderr: '' };
  }

  /** What a table holds, in the order of its names; undefined where there is none. */
  list(name: string): string[] | undefined {
    const table = this.tables.get(name);
    return table === undefined ? undefined : printed(table);
  }
}

/** A ruleset as `FakeNft.list` prints it. */
export function listed(ruleset: Ruleset): string[] {
  const table: Table = {
    chains: new Map(
      [...ruleset.chains].map(([name, chain]: [string, Chain]) => [
        name,
        { definition: '', rules: [...chain.rules] },
      ]),
    ),
    collections: new Map(
      [...ruleset.collections].map(([name, { kind, elements }]: [string, Collection]) => [
        name,
        {
          kind,
          definition: '',
          elements:
            elements === 'dynamic'
              ? new Map<string, string>()
              : new Map([...elements].map(([key, element]) => [key, textOf(element)])),
        },
      ]),
    ),
  };
  return printed(table);
}

const textOf = ({ comment, value }: Element) =>
  [
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
    ...(value === undefined ? [] : [`: ${value}`]),
  ].join(' ');

function printed({ chains, collections }: Table): string[] {
  return [
    ...[...collections].flatMap(([name, { kind, elements }]) => [
      `${kind} ${name}`,
      ...[...elements].map(([key, text]) => `${kind} ${name} { ${key} ${text} }`),
    ]),
    ...[...chains].flatMap(([name, { rules }]) => [
      `chain ${name}`,
      ...rules.map((rule, index) => `chain ${name} ${index} ${rule}`),
    ]),
  ].toSorted();
}

/** The machine's agent, which runs `nft` and answers other commands with what `others` says. */
export function nftTransport(
  nft: FakeNft,
  others: (op: string, request: object) => unknown = (op) => {
    throw new Error(`no ${op} here`);
  },
  agentOpen: AgentTransport['agentOpen'] = (op) => Promise.reject(new Error(`no ${op} here`)),
): AgentTransport {
  return {
    agentCall: (op, request) => {
      const { argv, stdin = '' } = request as { argv?: readonly string[]; stdin?: string };
      if (op !== 'run' || argv?.join(' ') !== 'nft -f -')
        return Promise.resolve(others(op, request));
      const { code, stderr } = nft.run(stdin);
      return Promise.resolve({ exit: { code, finishedAt: 0 }, stdout: '', stderr });
    },
    agentOpen,
    agentListen: (request, onConnection) =>
      Promise.resolve(others('listen', { ...request, onConnection }) as () => Promise<void>),
  };
}

const COMMAND =
  /^(?<verb>add|delete|flush) (?<what>table|chain|rule|set|map|element) ip (?<table>\S+)(?: (?<name>\S+))?(?: (?<rest>.+))?$/;

function execute(tables: Map<string, Table>, line: string): void {
  const {
    verb,
    what,
    table: tableName = '',
    name = '',
    rest = '',
  } = COMMAND.exec(line)?.groups ?? {};
  if (verb === undefined) throw new Refused('syntax error');
  if (what === 'table') {
    if (verb === 'add') {
      if (!tables.has(tableName))
        tables.set(tableName, { chains: new Map(), collections: new Map() });
    } else if (!tables.delete(tableName)) throw new Refused('No such file or directory');
    return;
  }
  const table = found(tables.get(tableName));
  switch (`${verb} ${what}`) {
    case 'add chain':
      if (table.chains.has(name)) throw new Refused('File exists');
      table.chains.set(name, { definition: rest, rules: [] });
      return;
    case 'flush chain':
      found(table.chains.get(name)).rules.length = 0;
      return;
    case 'delete chain':
      if (found(table.chains.get(name)).rules.length > 0 || leadsTo(table, name))
        throw new Refused('Device or resource busy');
      table.chains.delete(name);
      return;
    case 'add rule':
      found(table.chains.get(name)).rules.push(rest);
      return;
    case 'add set':
    case 'add map':
      if (table.collections.has(name)) throw new Refused('File exists');
      table.collections.set(name, { kind: what ?? '', definition: rest, elements: new Map() });
      return;
    case 'delete set':
    case 'delete map':
      found(table.collections.get(name));
      if (usesCollection(table, name)) throw new Refused('Device or resource busy');
      table.collections.delete(name);
      return;
    case 'add element':
      for (const element of elementsIn(rest)) addElement(table, name, element);
      return;
    case 'delete element':
      for (const key of elementsIn(rest))
        if (!found(table.collections.get(name)).elements.delete(key))
          throw new Refused('No such file or directory');
      return;
    default:
      throw new Refused('syntax error');
  }
}

function found<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Refused('No such file or directory');
  return thing;
}

/** Commas stand between elements alone. */
const elementsIn = (text: string) => text.replace(/^\{ (.*) \}$/, '$1').split(', ');

function addElement(table: Table, name: string, element: string): void {
  const { elements } = found(table.collections.get(name));
  const [, key = '', text = ''] = /^(.*?)(?: ((?:comment|:) .*))?$/.exec(element) ?? [];
  if (elements.has(key)) throw new Refused('File exists');
  elements.set(key, text);
}

const rulesOf = (table: Table) => [...table.chains.values()].flatMap(({ rules }) => rules);
const verdictsOf = (table: Table) => [
  ...rulesOf(table),
  ...[...table.collections.values()].flatMap(({ elements }) => [...elements.values()]),
];
const targetsOf = (text: string) =>
  [...text.matchAll(/\b(?:goto|jump) ([^\s,]+)/g)].map(([, target = '']) => target);
const collectionsOf = (text: string) =>
  [...text.matchAll(/@([^\s,]+)/g)].map(([, name = '']) => name);
const withoutComment = (text: string) => text.replaceAll(/comment "[^"]*"/g, '');

const leadsTo = (table: Table, chain: string) =>
  verdictsOf(table).some((text) => targetsOf(withoutComment(text)).includes(chain));
const usesCollection = (table: Table, name: string) =>
  rulesOf(table).some((rule) => collectionsOf(withoutComment(rule)).includes(name));

/** Names that stand for nothing. */
const danglingIn = (table: Table) => [
  ...verdictsOf(table)
    .flatMap((text) => targetsOf(withoutComment(text)))
    .filter((name) => !table.chains.has(name)),
  ...rulesOf(table)
    .flatMap((rule) => collectionsOf(withoutComment(rule)))
    .filter((name) => !table.collections.has(name)),
];
