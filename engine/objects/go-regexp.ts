/**
 * Regular expressions of Go (RE2) for this engine. What both write differently is rewritten: flags
 * at the start, names of groups, ends of text, POSIX classes, quoted runs and escaped punctuation.
 * https://github.com/google/re2/wiki/Syntax
 */

const cache = new Map<string, RegExp | undefined>();

/** Undefined if it is no regular expression, or one this engine cannot express. */
export function goRegExp(pattern: string): RegExp | undefined {
  if (!cache.has(pattern)) cache.set(pattern, compile(pattern));
  return cache.get(pattern);
}

function compile(pattern: string): RegExp | undefined {
  const [whole = '', flags = ''] = /^\(\?([ims]+)\)/.exec(pattern) ?? [];
  try {
    return new RegExp(translate(pattern.slice(whole.length)), `u${flags}`);
  } catch {
    return undefined;
  }
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: String.raw`\x00-\x7f`,
  blank: String.raw`\t `,
  cntrl: String.raw`\x00-\x1f\x7f`,
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: String.raw`!-\/:-@\[-\x60{-~`,
  space: String.raw`\t\n\v\f\r `,
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

const syntax = /[\^$\\.*+?()[\]{}|/]/;

const token = /\\Q([\s\S]*?)(?:\\E|$)|\\([pP])([A-Z])|\\([\s\S])|\(\?P<|\[:(\w+):\]|\[\^?\]?|\]/gu;

function translate(pattern: string): string {
  let isInClass = false;
  const rewrite = (text: string, ...groups: readonly (string | undefined)[]): string => {
    const [quoted, category, letter, escaped, posix] = groups;
    if (quoted !== undefined) return quoted.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`);
    if (category !== undefined) return `\\${category}{${letter}}`;
    if (escaped !== undefined) return unescape(escaped, isInClass);
    if (posix !== undefined) return isInClass ? (posixClasses[posix] ?? text) : text;
    if (text === '(?P<') return isInClass ? text : '(?<';
    if (text === ']' && !isInClass) return String.raw`\]`;
    if (isInClass) {
      isInClass = !text.endsWith(']');
      return text.replace('[', String.raw`\[`);
    }
    isInClass = true;
    // A bracket that comes first belongs to the class.
    return text.replace(']', String.raw`\]`);
  };
  return pattern.replace(token, rewrite);
}

/** Punctuation may be escaped everywhere in Go, only where it means something here. */
function unescape(escaped: string, isInClass: boolean): string {
  if (escaped === 'z') return String.raw`(?![\s\S])`;
  if (escaped === 'A') return String.raw`(?<![\s\S])`;
  if (escaped === 'a') return String.raw`\x07`;
  const isLiteral = /[!-/:-@[-`{-~]/.test(escaped) && !syntax.test(escaped);
  return isLiteral && !(isInClass && escaped === '-') ? escaped : `\\${escaped}`;
}
