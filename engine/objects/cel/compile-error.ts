import { ParseError, TypeError as CheckError, type ASTNode } from '@marcbachmann/cel-js';
import { isJsonObject } from '../json-value.ts';
import { CelError } from './cel-error.ts';
import { callName } from './library/define.ts';
import { markPlace, placeOf } from './source-place.ts';

/**
 * Why an expression does not compile, in the words and with the mark of upstream's compiler.
 * `functions` are the names of those there are.
 */
export function describeCompileError(
  input: string,
  error: unknown,
  functions: ReadonlySet<string>,
): string {
  if (error instanceof CelError) return markPlace(input, 0, error.message);
  if (error instanceof ParseError) return describeParseError(input, error);
  if (!(error instanceof CheckError)) throw error;
  const { node } = error;
  if (node === undefined) return markPlace(input, 0, error.summary);
  const { place, message } = describe(error, node, functions);
  return markPlace(input, place, message);
}

const operands =
  "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function describeParseError(input: string, error: ParseError): string {
  const place = error.range?.start ?? 0;
  const syntax = (message: string) => markPlace(input, place, `Syntax error: ${message}`);
  const rest = input.slice(place);
  switch (error.code) {
    case 'invalid_macro_argument':
      return markPlace(input, place, 'argument must be a simple name');
    case 'unexpected_token':
      return rest.trim() === ''
        ? markPlace(
            input,
            input.length,
            `Syntax error: mismatched input '<EOF>' expecting ${operands}`,
          )
        : syntax(`${misfit(rest)} input '${tokenAt(rest)}' expecting ${operands}`);
    case 'unexpected_character':
      return /^[\w)\]}(?"'.]/.test(rest)
        ? syntax(`extraneous input '${tokenAt(rest)}' expecting <EOF>`)
        : syntax(`token recognition error at: '${rest.slice(0, rest[1] === ' ' ? 2 : 1)}'`);
    case 'expected_token': {
      const closing = { RPAREN: ')', RBRACKET: ']', RBRACE: '}' };
      const wanted = /Expected (\w+)/.exec(error.summary)?.[1] ?? '';
      const name = Object.entries(closing).find(([token]) => token === wanted)?.[1];
      if (name !== undefined && rest.trim() === '') {
        return markPlace(input, input.length, `Syntax error: missing '${name}' at '<EOF>'`);
      }
      if (rest.trim() === '' && input.trimEnd().endsWith('.')) {
        return syntax("no viable alternative at input '.'");
      }
      return wanted === 'EOF'
        ? syntax(`extraneous input '${tokenAt(rest)}' expecting <EOF>`)
        : syntax(`mismatched input '${tokenAt(rest)}'`);
    }
    default:
      return syntax(error.summary);
  }
}

function tokenAt(text: string): string {
  return /^(?:\w+|`[^`]*`|[|&=!<>]{2}|\S)/.exec(text)?.[0] ?? '';
}

/** A token before something that could stand in its place is one too many. */
function misfit(text: string): string {
  const next = text.slice(tokenAt(text).length).trimStart();
  return /^[\w(["'{!.-]/.test(next) ? 'extraneous' : 'mismatched';
}

interface Problem {
  readonly place: number;
  readonly message: string;
}

function describe(error: CheckError, node: ASTNode, functions: ReadonlySet<string>): Problem {
  const { code, summary } = error;
  const at = (place: number, message: string): Problem => ({ place, message });
  const here = placeOf(node);
  switch (code) {
    case 'no_such_key':
      return at(here, `undefined field '${afterColon(summary)}'`);
    case 'unknown_variable':
      return at(here, `undeclared reference to '${afterColon(summary)}' (in container '')`);
    case 'cannot_index_type':
      return at(here, `type '${quoted(summary)}' does not support field selection`);
    case 'no_such_overload':
      return at(here, noOverload(operatorName(node.op), operandTypes(summary, node.op)));
    case 'invalid_index_type':
      return at(here, noOverload('_[_]', typesOf(childrenOf(node))));
    case 'incompatible_ternary_branches':
      return at(here, noOverload('_?_:_', typesOf(childrenOf(node))));
    case 'no_matching_overload':
      return at(here, noFunction(node, summary, functions));
    case 'invalid_logical_operand': {
      const wrong = childrenOf(node).find((child) => typeOf(child) !== 'bool') ?? node;
      return at(placeOf(wrong), `expected type 'bool' but found '${quoted(summary)}'`);
    }
    case 'invalid_condition_type':
      return at(here, `expected type 'bool' but found '${quoted(summary)}'`);
    case 'heterogeneous_list_element':
    case 'heterogeneous_map_key':
    case 'heterogeneous_map_value': {
      const [, wanted = '', found = ''] =
        /expected type '(.+)' but found '(.+)'/.exec(summary) ?? [];
      return at(here, `expected type '${printType(wanted)}' but found '${printType(found)}'`);
    }
    case 'invalid_macro_argument':
      return summary.startsWith('has()')
        ? at(here, 'invalid argument to has() macro')
        : at(here, 'argument must be a simple name');
    default:
      return at(here, summary);
  }
}

function afterColon(summary: string): string {
  return summary.slice(summary.indexOf(': ') + 2);
}

function quoted(summary: string): string {
  return printType(/'([^']*)'$/.exec(summary)?.[1] ?? '');
}

function operatorName(op: string): string {
  if (op === 'in') return '@in';
  return op.endsWith('_') ? op : `_${op}_`;
}

function operandTypes(summary: string, op: string): readonly string[] {
  const text = summary.replace(/^no such overload: /, '');
  if (op.endsWith('_')) return [text.slice(1)];
  return text.split(` ${op} `);
}

function noOverload(name: string, types: readonly string[]): string {
  return `found no matching overload for '${name}' applied to '(${types.map(printType).join(', ')})'`;
}

/** A call of a function there is none of by any type, or that takes other types. */
function noFunction(node: ASTNode, summary: string, functions: ReadonlySet<string>): string {
  const [, receiver = '', called = '', list = ''] =
    /'(?:(.*)\.)?([^.(]+)\((.*)\)'$/.exec(summary) ?? [];
  const name = callName(called);
  const types = `(${splitTypes(list).map(printType).join(', ')})`;
  const target =
    node.op === 'rcall' ? `${printType(typeOf(node.args[1]) ?? receiver)}.${types}` : types;
  return functions.has(called) || functions.has(name)
    ? `found no matching overload for '${name}' applied to '${target}'`
    : `undeclared reference to '${name}' (in container '')`;
}

function childrenOf(node: ASTNode): readonly ASTNode[] {
  const { args } = node as { readonly args: unknown };
  return Array.isArray(args)
    ? args.filter((each): each is ASTNode => typeof each === 'object' && each !== null)
    : [];
}

/** The checker leaves a node's type on it, though its declarations do not say so. */
function typeOf(node: ASTNode): string | undefined {
  const type: unknown = Reflect.get(node, 'checkedType');
  const name: unknown = isJsonObject(type) ? type['name'] : undefined;
  return typeof name === 'string' ? name : undefined;
}

function typesOf(nodes: readonly ASTNode[]): readonly string[] {
  return nodes.map((node) => typeOf(node) ?? 'dyn');
}

/** Types separated by commas, of which some have commas of their own. */
function splitTypes(list: string): readonly string[] {
  const types: string[] = [];
  let depth = 0;
  let start = 0;
  for (const [index, character] of Array.from(list).entries()) {
    if (character === '<') depth += 1;
    if (character === '>') depth -= 1;
    if (character === ',' && depth === 0) {
      types.push(list.slice(start, index).trim());
      start = index + 1;
    }
  }
  const last = list.slice(start).trim();
  return last === '' ? types : [...types, last];
}

/** `list<string>` → `list(string)`. */
function printType(type: string): string {
  return type
    .replaceAll('google.protobuf.Timestamp', 'timestamp')
    .replaceAll('google.protobuf.Duration', 'duration')
    .replaceAll('optional<', 'optional_type<')
    .replaceAll('.__', '.@')
    .replaceAll('<', '(')
    .replaceAll('>', ')');
}
