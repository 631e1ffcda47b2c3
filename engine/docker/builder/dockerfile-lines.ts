/**
 * From the text of a Dockerfile to logical lines: parser directives, comments, continuations,
 * flags. Rules: Dockerfile reference, "Format", "Parser directives", "Escape".
 *
 * Why not dockerfile-ast: an editor's tree keeps positions and tolerates mistakes, whereas a
 * build needs the joined line as the client prints it and Docker's exact refusals. Heredocs are
 * left out, as in the classic builder of Docker 20.10.
 */
import { DockerfileSyntaxError } from './build-error.ts';

export interface DockerfileLine {
  /** lower case */
  readonly command: string;
  /** `--from=build` and the like */
  readonly flags: readonly string[];
  /** what follows command and flags, trimmed */
  readonly rest: string;
  /** the whole line, continuations joined, trimmed */
  readonly original: string;
  /** of its first line, from 1 */
  readonly line: number;
}

export type EscapeToken = '\\' | '`';

export interface DockerfileLines {
  readonly lines: readonly DockerfileLine[];
  readonly escape: EscapeToken;
  readonly warnings: readonly string[];
}

/** Throws DockerfileSyntaxError. */
export function readLines(text: string): DockerfileLines {
  const physical = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .map((line) => line.replace(/\r+$/, ''));
  if (physical.at(-1) === '') physical.pop();
  const escape = readDirectives(physical);
  const continuation = escape === '\\' ? /([^\\])\\[ \t]*$|^\\[ \t]*$/ : /([^`])`[ \t]*$|^`[ \t]*$/;
  const lines: DockerfileLine[] = [];
  const warnings: string[] = [];
  for (let index = 0; index < physical.length; index++) {
    const line = index + 1;
    let current = withoutComment(physical[index] ?? '').trimStart();
    let joined = '';
    let hasEmptyLine = false;
    while (continuation.test(current)) {
      joined += current.replace(continuation, '$1');
      current = '';
      while (index + 1 < physical.length) {
        const next = physical[++index] ?? '';
        if (isComment(next)) continue;
        if (next.trim() !== '') {
          current = next;
          break;
        }
        hasEmptyLine = true;
      }
    }
    joined += current;
    if (joined.trim() === '') continue;
    if (hasEmptyLine) warnings.push(`[WARNING]: Empty continuation line found in:\n    ${joined}`);
    lines.push(splitLine(joined, escape, line));
  }
  if (lines.length === 0) throw new DockerfileSyntaxError('file with no instructions');
  if (warnings.length > 0)
    warnings.push('[WARNING]: Empty continuation lines will become errors in a future release.');
  return { lines, escape, warnings };
}

/** Command, flags and the rest of one logical line; also for the expression of ONBUILD. */
export function splitLine(text: string, escape: EscapeToken, line: number): DockerfileLine {
  const original = text.trim();
  const [, command = '', afterCommand = ''] = /^(\S+)(?:[\t\v\f\r ]+([^]*))?$/.exec(original) ?? [];
  const { flags, rest } = splitFlags(afterCommand, escape);
  return { command: command.toLowerCase(), flags, rest: rest.trim(), original, line };
}

/** `# escape=` before everything else; `# syntax=` is accepted and has no effect here. */
function readDirectives(lines: readonly string[]): EscapeToken {
  let escape: EscapeToken = '\\';
  const seen = new Set<string>();
  for (const line of lines) {
    const [, name = '', value = ''] =
      /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line) ?? [];
    const key = name.toLowerCase();
    if (key !== 'escape' && key !== 'syntax') break;
    if (seen.has(key))
      throw new DockerfileSyntaxError(`only one ${key} parser directive can be used`);
    seen.add(key);
    if (key === 'syntax') continue;
    if (value !== '\\' && value !== '`')
      throw new DockerfileSyntaxError(`invalid ESCAPE '${value}'. Must be \` or \\`);
    escape = value;
  }
  return escape;
}

function isComment(line: string): boolean {
  return line.trimStart().startsWith('#');
}

function withoutComment(line: string): string {
  return isComment(line) ? '' : line;
}

/** Words that begin with `--`, quotes removed, up to the first that does not. */
function splitFlags(text: string, escape: EscapeToken): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let at = 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    if (!text.startsWith('--', at)) return { flags, rest: text.slice(at) };
    let word = '';
    let quote = '';
    for (; at < text.length; at++) {
      let char = text.charAt(at);
      if (quote === '' && /\s/.test(char)) break;
      if (quote === '' ? char === '"' || char === "'" : char === quote) {
        quote = quote === '' ? char : '';
        continue;
      }
      if (char === escape) char = text.charAt(++at);
      word += char;
    }
    if (word === '--') return { flags, rest: text.slice(at) };
    flags.push(word);
    if (at >= text.length) return { flags, rest: '' };
  }
}
