/** What differs between two runs of the same commands, and what stands for it. */
const VARYING: readonly (readonly [RegExp | string, string])[] = [
  // A terminal's line ends, and what it overwrites.
  [/\r(?=\n|$)/g, ''],
  [/[^\n]*\r/g, ''],
  // A build's errors are red piece by piece, and where a pipe cuts them is chance.
  ['\u001B[0m\u001B[91m', ''],
  [/\b20(?:2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [+-]\d{4} UTC/g, '<time>'],
  [
    /(?:Less than a second|About an? (?:minute|hour)|\b\d+ (?:second|minute|hour|day)s?\b)(?: ago)?/g,
    '<duration>',
  ],
  [/(?<!is )\b\d+(?:\.\d+)?(?:[kKMG]i?)?B\b/g, '<size>'],
  [/\b\d+\.\d+%/g, '<share>'],
  [/\/tmp\/tmp\.\w{10}/g, '<directory>'],
  // The client tells it when the daemon's answer about the container is faster than the one about its end.
  [/^time="[^"]*" level=error msg="error waiting for container: context canceled"\n?/gm, ''],
  // Where a name was asked for in vain depends on the machine.
  [/(?<=\blookup \S+)(?: on \S+)?: .*/g, ': <failure>'],
  // Whether they are told depends on how fast the layer comes.
  [/^[0-9a-f]{12}: (?:Verifying Checksum|Waiting)\n/gm, ''],
  [/(?<=\S) {2,}/g, '  '],
  [/ +$/gm, ''],
];

/** Identifiers as they are printed: whole, or their first twelve digits. */
const ID = /\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g;
const SHORT = 12;

/**
 * Replaces what varies from run to run. Identifiers get numbers in the order in which they appear, over all
 * outputs, so that it still shows which are the same.
 */
export function normalise(outputs: readonly string[]): string[] {
  const numbers = new Map<string, number>();
  const numbered = (id: string): string => {
    const key = id.slice(0, SHORT);
    const number = numbers.get(key) ?? numbers.size + 1;
    numbers.set(key, number);
    return id.length === SHORT ? `<short id ${number}>` : `<id ${number}>`;
  };
  return outputs.map((output) => {
    let text = output;
    for (const [pattern, replacement] of VARYING) text = text.replaceAll(pattern, replacement);
    return text.replaceAll(ID, numbered).trimEnd();
  });
}
