import type { Environment } from '@marcbachmann/cel-js';
import { CelError } from './cel-error.ts';
import { compileCel, type CelProgram } from './program.ts';
import { markPlace } from './source-place.ts';

/**
 * `Object.spec{replicas: 1}` and `JSONPatch{op: "add"}`, which the library does not read, written as calls
 * that it does: `newObject("Object.spec", {"replicas": dyn(1)})` (see `library/objects.ts`).
 */

const token =
  /[rR]?(?:"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/[^\n]*|[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*|\s+|[\s\S]/gy;
const name = /^[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*$/;
const closings: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

interface Part {
  readonly text: string;
  /** where it stands in the expression; undefined for what is put in */
  readonly at: number | undefined;
}

class Rewriter {
  readonly parts: Part[] = [];
  readonly #tokens: readonly { readonly text: string; readonly at: number }[];
  #position = 0;

  constructor(expression: string) {
    this.#tokens = [...expression.matchAll(token)].map(({ 0: text, index }) => ({
      text,
      at: index,
    }));
  }

  /** Everything up to one of `ends`, or a closing bracket, on this level. */
  until(...ends: readonly string[]): void {
    for (;;) {
      const text = this.#next;
      if (text === undefined || ends.includes(text) || /^[)\]}]$/.test(text)) return;
      if (name.test(text) && this.#opens()) this.#literal();
      else {
        this.#keep();
        const closing = closings[text];
        if (closing === undefined) continue;
        this.until(closing);
        this.#keep();
      }
    }
  }

  get #next(): string | undefined {
    return this.#tokens[this.#position]?.text;
  }

  /** Whether a brace follows the name that is next: nothing else has one there. */
  #opens(): boolean {
    const after = this.#tokens[this.#position + 1]?.text ?? '';
    return after === '{' || (after.trim() === '' && this.#tokens[this.#position + 2]?.text === '{');
  }

  #keep(): void {
    const kept = this.#tokens[this.#position++];
    if (kept !== undefined) this.parts.push(kept);
  }

  #put(text: string): void {
    this.parts.push({ text, at: undefined });
  }

  #skip(text: string): void {
    while (this.#next !== undefined && this.#tokens[this.#position++]?.text !== text) continue;
  }

  #literal(): void {
    const type = (this.#next ?? '').replaceAll(/\s/g, '');
    this.#skip('{');
    this.#put(`${type === 'JSONPatch' ? 'newPatch(' : `newObject(${JSON.stringify(type)}, `}{`);
    for (;;) {
      while (this.#next?.trim() === '') this.#position++;
      if (this.#next === undefined || this.#next === '}') break;
      this.#put('"');
      this.#keep();
      this.#put('"');
      while (this.#next?.trim() === '') this.#position++;
      this.#keep();
      this.#put(' dyn(');
      this.until(',');
      this.#put(')');
      if (this.#next !== ',') break;
      this.#keep();
    }
    this.#skip('}');
    this.#put('})');
  }
}

/** Compiles an expression that may make objects. Throws a `CelError` (`COMPILE`) about the expression as it is. */
export function compileMutation(environment: Environment, expression: string): CelProgram {
  const rewriter = new Rewriter(expression);
  rewriter.until();
  const { parts } = rewriter;
  const rewritten = parts.map(({ text }) => text).join('');
  try {
    return compileCel(environment, rewritten);
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    throw new CelError('COMPILE', inPlace(error.message, expression, rewritten, parts), {
      cause: error,
    });
  }
}

/** A compiler's message about the rewritten expression, as one about the expression itself. */
function inPlace(
  text: string,
  expression: string,
  rewritten: string,
  parts: readonly Part[],
): string {
  const found = /^ERROR: <input>:(\d+):(\d+): (.*)/.exec(text);
  if (found === null) return text;
  const [, line, column, message = ''] = found;
  const lines = rewritten.split('\n').slice(0, Number(line) - 1);
  let left = lines.reduce((sum, each) => sum + each.length + 1, 0) + Number(column) - 1;
  let place = 0;
  for (const { text: part, at } of parts) {
    if (at !== undefined) place = at + Math.min(left, part.length);
    if (left < part.length) break;
    left -= part.length;
  }
  return markPlace(expression, place, message);
}
