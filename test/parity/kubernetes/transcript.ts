/**
 * Transcripts: shell sessions whose expected output is what upstream printed.
 *
 * ```
 * ## A comment.
 * $ kubectl get pods
 * No resources found in default namespace.
 * $ kubectl get unicorns
 * error: the server doesn't have a resource type "unicorns"
 * [exit 1]
 * ```
 *
 * A command may go on in lines that begin with `> `. Everything up to the next `$ ` or `## ` is output, standard
 * output and standard error as a terminal shows them.
 */
export interface Comment {
  readonly kind: 'comment';
  readonly text: string;
}

export interface Command {
  readonly kind: 'command';
  /** as the shell reads it */
  readonly script: string;
  /** line of the transcript, from 1 */
  readonly line: number;
  /** normalised, with `[exit N]` at its end when the status is not 0 */
  readonly output: string;
}

export type Transcript = readonly (Comment | Command)[];

export function parseTranscript(text: string): Transcript {
  const parts: (Comment | Command)[] = [];
  let script: string[] = [];
  let output: string[] = [];
  let start = 0;
  const finish = (): void => {
    if (script.length === 0) return;
    parts.push({
      kind: 'command',
      script: script.join('\n'),
      line: start,
      output: output.join('\n'),
    });
    script = [];
    output = [];
  };
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    if (line.startsWith('## ')) {
      finish();
      parts.push({ kind: 'comment', text: line });
    } else if (line.startsWith('$ ')) {
      finish();
      script = [line.slice(2)];
      start = index + 1;
    } else if (line.startsWith('> ') && output.length === 0) script.push(line.slice(2));
    else output.push(line);
  }
  finish();
  return parts;
}

export function formatTranscript(transcript: Transcript): string {
  const lines = transcript.map((part) => {
    if (part.kind === 'comment') return part.text;
    const script = `$ ${part.script.replaceAll('\n', '\n> ')}`;
    return part.output === '' ? script : `${script}\n${part.output}`;
  });
  return `${lines.join('\n')}\n`;
}

/** What differs between two runs of the same commands, and what stands for it. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b20(?:2[6-9]|[3-9]\d)-(?!01-01)\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, '<time>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 20\d\d \d\d:\d\d:\d\d \+0000/g, '<time>'],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \+0000 UTC/g, '<time>'],
  [/\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d 20\d\d/g, '<time>'],
  [/\b(modifiedAt=)\d+/g, '$1<time>'],
  [/^[WE]\d{4} [\d:.]+ +\d+ (?=\S+:\d+\])/gm, ''],
  [/((?:resourceVersion|Resource Version)"?:\s*"?)\d+/g, '$1<version>'],
  [/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<id>'],
  [/\bworker-[a-z0-9]{5}\b/g, 'worker-<id>'],
  [/\bnode-debugger-[a-z0-9-]+\b/g, 'node-debugger-<id>'],
  [/10\.0\.0\.11:\d+/g, '<server>'],
  [/https:\/\/(?:127\.0\.0\.1|localhost):\d+/g, '<server>'],
  // A service's address is chosen by chance, but those that the corpus asks for are not.
  [/\b10\.(?:9[6-9]|10\d|11[01])\.(?!7\.[78]\b)\d+\.\d+\b/g, '<address>'],
  [/\b3[0-2]\d{3}\b/g, '<port>'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+\b/g, '<token>'],
  [/\/tmp\/[\w./-]+/g, '<file>'],
  [/(?<=^|\s)(?:\d+[dhms]){1,2}(?= ago\)|\s|$)/gm, '<age>'],
  [/(?<=\S) {2,}/g, '  '],
  [/ +$/gm, ''],
];

/** Replaces what varies from run to run, and folds the spaces between columns, whose number follows from it. */
export function normalise(output: string): string {
  let text = output;
  for (const [pattern, replacement] of VARYING) text = text.replaceAll(pattern, replacement);
  return text.trimEnd();
}
