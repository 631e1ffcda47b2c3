/**
 * The syntax of names, labels, keys and ports. Each check returns what is wrong with the value, in
 * upstream's words, or an empty list (k8s.io/apimachinery `pkg/util/validation`).
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
 */

/** longest DNS label, label value and name part of a label's key */
const longestLabel = 63;
/** longest DNS subdomain */
const longestSubdomain = 253;

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = String.raw`${label}(\.${label})*`;
const underscored = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const underscoredSubdomain = String.raw`${underscored}(\.${underscored})*`;
const keyName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const mayStartAndEnd = 'and must start and end with an alphanumeric character';

function tooLong(most: number): string {
  return `must be no more than ${most} characters`;
}

/** Says the same; upstream's checks of labels have words of their own. */
function tooManyBytes(most: number): string {
  return `must be no more than ${most} bytes`;
}

/** "…, e.g. …, regex used for validation is …" */
function patternMessage(message: string, pattern: string, ...examples: readonly string[]): string {
  const regex = `regex used for validation is '${pattern}'`;
  if (examples.length === 0) return `${message} (${regex})`;
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(' or ')}${regex})`;
}

function notBetween(least: number, most: number): string {
  return `must be between ${least} and ${most}, inclusive`;
}

/** A check of the whole value against a pattern, and of its length where there is a limit. */
function check(
  pattern: string,
  message: string,
  examples: readonly string[],
  longest?: number,
  isTooLong = tooLong,
): (value: string) => readonly string[] {
  const expression = new RegExp(`^${pattern}$`);
  const mismatch = patternMessage(message, pattern, ...examples);
  return (value) => {
    const problems = [];
    if (longest !== undefined && byteLength(value) > longest) problems.push(isTooLong(longest));
    if (!expression.test(value)) problems.push(mismatch);
    return problems;
  };
}

const subdomainRule = [
  subdomain,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${mayStartAndEnd}`,
  ['example.com'],
  longestSubdomain,
] as const;

export const isDns1123Subdomain = check(...subdomainRule);

/** The same of names that may have capital letters. */
export function isCaselessDns1123Subdomain(value: string): readonly string[] {
  return isCaseless(value.toLowerCase());
}

const isCaseless = check(
  subdomain,
  `an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', ${mayStartAndEnd}`,
  ['Example.com'],
  longestSubdomain,
  tooManyBytes,
);

/** The domain of a label's key. */
const isKeyPrefix = check(...subdomainRule, tooManyBytes);

const isLabelText = check(
  label,
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${mayStartAndEnd}`,
  ['my-name', '123-abc'],
  longestLabel,
);

const subdomainExpression = new RegExp(`^${subdomain}$`);

export function isDns1123Label(value: string): readonly string[] {
  const problems = isLabelText(value);
  if (!value.includes('.') || !subdomainExpression.test(value)) return problems;
  return [...problems.slice(0, -1), 'must not contain dots'];
}

export const isDns1123SubdomainWithUnderscore = check(
  underscoredSubdomain,
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', ${mayStartAndEnd}`,
  ['example.com'],
  longestSubdomain,
);

export const isDns1035Label = check(
  '[a-z]([-a-z0-9]*[a-z0-9])?',
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  ['my-name', 'abc-123'],
  longestLabel,
);

export const isWildcardDns1123Subdomain = check(
  String.raw`\*\.${subdomain}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  ['*.example.com'],
  longestSubdomain,
);

export const isLabelValue = check(
  `(${keyName})?`,
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${mayStartAndEnd}`,
  ['MyValue', 'my_value', '12345'],
  longestLabel,
  tooManyBytes,
);

export const isCIdentifier = check(
  '[A-Za-z_][A-Za-z0-9_]*',
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
  ['my_name', 'MY_NAME', 'MyName'],
);

export const isPercent = check(
  '[0-9]+%',
  "a valid percent string must be a numeric string followed by an ending '%'",
  ['1%', '93%'],
);

export const isHttpHeaderName = check(
  '[-A-Za-z0-9]+',
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  ['X-Header-Name'],
);

const isKeyText = check(
  '[-._a-zA-Z0-9]+',
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  ['key.name', 'KEY_NAME', 'key-name'],
  longestSubdomain,
);

/** A key of a ConfigMap or Secret. */
export function isConfigMapKey(value: string): readonly string[] {
  return [...isKeyText(value), ...leadsUpwards(value)];
}

const isVariableText = check(
  '[-._a-zA-Z][-._a-zA-Z0-9]*',
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
  ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
);

export function isEnvVarName(value: string): readonly string[] {
  return [...isVariableText(value), ...leadsUpwards(value)];
}

export function isRelaxedEnvVarName(value: string): readonly string[] {
  if (value === '') return ['environment variable name must be non-empty'];
  return /^[ -<>-~]*$/.test(value)
    ? []
    : [
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ];
}

function leadsUpwards(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
}

const keyMessage = patternMessage(
  `must consist of alphanumeric characters, '-', '_' or '.', ${mayStartAndEnd}`,
  keyName,
  'MyName',
  'my.name',
  '123-abc',
);
const keyExpression = new RegExp(`^${keyName}$`);

/** A label's key: an optional DNS subdomain and `/`, then a name. Also called a qualified name. */
export function isQualifiedName(value: string): readonly string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${keyMessage} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = parts.at(-1) ?? '';
  const problems: string[] = [];
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    const wrong = prefix === '' ? ['must be non-empty'] : isKeyPrefix(prefix);
    problems.push(...wrong.map((message) => `prefix part ${message}`));
  }
  if (name === '') problems.push('name part must be non-empty');
  else if (byteLength(name) > longestLabel)
    problems.push(`name part ${tooManyBytes(longestLabel)}`);
  if (!keyExpression.test(name)) problems.push(`name part ${keyMessage}`);
  return problems;
}

export function isPortNumber(port: number): readonly string[] {
  return port >= 1 && port <= 65_535 ? [] : [notBetween(1, 65_535)];
}

/** A user's or group's number. */
export function isUserId(id: number): readonly string[] {
  const most = 2 ** 31 - 1;
  return id >= 0 && id <= most ? [] : [notBetween(0, most)];
}

/** A port's IANA service name. */
export function isPortName(value: string): readonly string[] {
  const problems = [];
  if (byteLength(value) > 15) problems.push(tooLong(15));
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)');
  if (value.includes('--')) problems.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) {
    problems.push('must not begin or end with a hyphen');
  }
  return problems;
}

/** A name that can be one segment of a URL's path. */
export function isPathSegmentName(value: string): readonly string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return isPathSegmentPrefix(value);
}

function isPathSegmentPrefix(value: string): readonly string[] {
  return ['/', '%']
    .filter((character) => value.includes(character))
    .map((character) => `may not contain '${character}'`);
}

/** What a `generateName` is checked as: more will follow its dash. */
export function maskTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -1)}a` : prefix;
}

/** Go counts bytes of UTF-8. */
function byteLength(value: string): number {
  return /^[\0-\x7f]*$/.test(value) ? value.length : new TextEncoder().encode(value).length;
}
