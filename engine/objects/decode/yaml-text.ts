import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Pair,
  type ScalarTag,
  type YAMLError,
} from 'yaml';
import type { Body } from './body.ts';
import { DecodeError } from './decode-error.ts';
import { refuseDeepYaml } from './depth.ts';
import { goQuote } from '../go-text.ts';

/**
 * YAML as upstream's reader takes it (go.yaml.in/yaml/v2 turned into JSON): version 1.1's words for
 * booleans, but no numbers to the base of sixty, and times stay text. The first document counts.
 */
export function parseYaml(text: string): Body {
  refuseDeepYaml(text);
  const lines = new LineCounter();
  const document = parseDocument(firstDocument(text), {
    lineCounter: lines,
    uniqueKeys: false,
    merge: true,
    schema: 'core',
    customTags: (tags) => [oldBoolean, oldOctal, binary, ...tags],
    logLevel: 'silent',
    prettyErrors: false,
  });
  const [error] = document.errors;
  if (error !== undefined) throw syntaxError(error, lines, text.trimEnd().length);
  const repeated: Repeated[] = [];
  visit(document, {
    Map: (_key, map) => {
      repeated.push(...repeatedKeys(map.items, lines));
    },
    Pair: (_key, { key }) => {
      if (isCollection(key)) {
        const type = isMap(key) ? 'map[interface {}]interface {}' : '[]interface {}';
        const text = JSON.stringify(key.toJS(document)).replace(/^\[(.*)\]$/, '{$1}');
        throw new DecodeError('SYNTAX', `yaml: invalid map key: ${type}${text}`);
      }
    },
    Scalar: (_key, { value }) => {
      if (typeof value !== 'number' || Number.isFinite(value)) return;
      const text = String(value).replace(/^-?Infinity$/, () => (value < 0 ? '-Inf' : '+Inf'));
      throw new DecodeError('SYNTAX', `json: unsupported value: ${text}`);
    },
    Alias: (_key, alias) => {
      if (alias.resolve(document) === undefined) {
        throw new DecodeError('SYNTAX', `yaml: unknown anchor '${alias.source}' referenced`);
      }
    },
  });
  const repeatedLines = repeated
    .toSorted((a, b) => a.line - b.line)
    .map(({ line, key }) => `line ${line}: key ${goQuote(key)} already set in map`);
  return { value: toJson(document), repeatedLines };
}

/** Upstream reads one document and leaves the rest. */
function firstDocument(text: string): string {
  const start = text.startsWith('---') ? 3 : 0;
  const end = text.slice(start).search(/^(?:---|\.\.\.)(?:\s|$)/m);
  return end === -1 ? text : text.slice(0, start + end);
}

function toJson(document: ReturnType<typeof parseDocument>): unknown {
  try {
    // Aliases multiply; a hundred of them is more than any manifest has.
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value ?? null;
  } catch (cause) {
    throw new DecodeError('SYNTAX', 'yaml: document contains excessive aliasing', { cause });
  }
}

const oldBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
  resolve: (text) => /^(?:y|on)/i.test(text),
};

const oldOctal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?(?:0b[01_]+|0[0-7_]+|[1-9][0-9]*_[0-9_]*)$/,
  resolve: (text) => {
    const [, sign = '', prefix, digits = ''] =
      /^([-+]?)(0b|0)?(.*)$/.exec(text.replaceAll('_', '')) ?? [];
    const base = prefix === '0b' ? 2 : prefix === '0' ? 8 : 10;
    return Number.parseInt(sign + digits, base);
  },
};

const binary: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve: (text) => atob(text.replaceAll(/\s/g, '')),
};

interface Repeated {
  readonly line: number;
  readonly key: string;
}

function repeatedKeys(items: readonly Pair[], lines: LineCounter): readonly Repeated[] {
  const seen = new Set<unknown>();
  const repeated: Repeated[] = [];
  for (const { key } of items) {
    if (!isScalar(key) || isAlias(key)) continue;
    if (seen.has(key.value)) {
      const { line } = lines.linePos(key.range?.[0] ?? 0);
      repeated.push({ line, key: String(key.value) });
    }
    seen.add(key.value);
  }
  return repeated;
}

/** The libraries find the same mistakes; upstream's words for the common ones. */
const texts: Readonly<Record<string, string>> = {
  BAD_SCALAR_START: 'found character that cannot start any token',
  TAB_AS_INDENT: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  BAD_INDENT: 'did not find expected key',
  MISSING_CHAR: "did not find expected ',' or '}'",
  BAD_DQ_ESCAPE: 'found unknown escape character',
  UNEXPECTED_TOKEN: 'did not find expected node content',
};

function syntaxError(error: YAMLError, lines: LineCounter, length: number): DecodeError {
  const [start] = error.pos;
  const { line } = lines.linePos(start);
  // Upstream counts lines from 0 and leaves that one out, but for what is missing at the end.
  const isFirst = line === 1 && start < length;
  const text = texts[error.code] ?? error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return new DecodeError('SYNTAX', `yaml: ${isFirst ? '' : `line ${line}: `}${text}`, {
    cause: error,
  });
}
