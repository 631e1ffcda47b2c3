import { CST, Lexer } from 'yaml';
import { DecodeError } from './decode-error.ts';

/**
 * Levels of nesting that a body may have. Upstream takes 10,000, which no object comes near; here what
 * reads, compares and merges objects calls itself for each level, and a full stack can end the process.
 */
export const DEEPEST = 500;

/** Throws a `DecodeError` for a JSON text that is nested too deeply. It need not be well formed. */
export function refuseDeepJson(text: string): void {
  if (text.length <= DEEPEST) return;
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (quoted) {
      if (character === '\\') index++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') {
      if (++depth > DEEPEST)
        throw new DecodeError('SYNTAX', `invalid character '${character}' exceeded max depth`);
    } else if (character === '}' || character === ']') depth--;
  }
}

function tooDeep(): DecodeError {
  return new DecodeError('SYNTAX', `yaml: exceeded max depth of ${DEEPEST}`);
}

/** The same for YAML, where a column of indentation may be a level. */
export function refuseDeepYaml(text: string): void {
  if (!mayBeDeep(text)) return;
  let depth = 0;
  let column = 0;
  let lineBegins = true;
  for (const token of new Lexer().lex(text)) {
    switch (CST.tokenType(token)) {
      case 'flow-map-start':
      case 'flow-seq-start':
        depth++;
        break;
      case 'flow-map-end':
      case 'flow-seq-end':
        depth--;
        break;
      case 'doc-mode':
        continue;
      case 'space':
      case 'seq-item-ind':
      case 'explicit-key-ind':
      case 'map-value-ind':
        if (lineBegins) column += token.length;
        continue;
      default:
        if (token.includes('\n')) {
          column = 0;
          lineBegins = true;
          continue;
        }
    }
    if (lineBegins && depth === 0 && column > DEEPEST) throw tooDeep();
    if (depth > DEEPEST) throw tooDeep();
    lineBegins = false;
  }
  if (column > DEEPEST) throw tooDeep();
}

/** Tells at little cost that a text is as flat as nearly all are. */
function mayBeDeep(text: string): boolean {
  let brackets = 0;
  let begin = 0;
  let lineBegins = true;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (character === '\n') {
      begin = index + 1;
      lineBegins = true;
    } else if (lineBegins && !' -?:'.includes(character)) lineBegins = false;
    if (character === '{' || character === '[') brackets++;
    if (brackets > DEEPEST || (lineBegins && index - begin >= DEEPEST)) return true;
  }
  return false;
}
