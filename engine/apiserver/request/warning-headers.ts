/** Characters of all warnings of an answer, and of one once there are more (upstream `endpoints/filters/warning.go`). */
const MOST = 4096;
const MOST_OF_ONE = 256;

const utf8 = new TextEncoder();

/**
 * Values of `Warning` headers (RFC 7234 section 5.5). Long ones are cut when all together are too long;
 * those with control characters are left out, as upstream does.
 */
export function warningHeaders(texts: ReadonlySet<string>): readonly string[] {
  const warnings = [...texts].filter((text) => text !== '').map((text) => Array.from(text));
  const total = warnings.reduce((sum, { length }) => sum + length, 0);
  if (total <= MOST) return warnings.flatMap(headerOf);
  let written = 0;
  const values: string[] = [];
  for (const warning of warnings) {
    if (written >= MOST) break;
    const cut = warning.slice(0, MOST_OF_ONE);
    const header = headerOf(cut);
    if (header.length > 0) written += cut.length;
    values.push(...header);
  }
  return values;
}

function headerOf(characters: readonly string[]): readonly string[] {
  const text = characters.join('');
  if (/\p{Cc}/u.test(text)) return [];
  const quoted = `299 - "${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  // Headers hold bytes, each as one character.
  return [Array.from(utf8.encode(quoted), (byte) => String.fromCharCode(byte)).join('')];
}
