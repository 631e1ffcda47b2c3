import MarkdownIt from 'markdown-it';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { LessonError } from './lesson-error.ts';

const entry = z.strictObject({
  name: z.string().min(1),
  words: z.array(z.string().min(1)),
  says: z.string().min(1),
  see: z.array(z.string()).default([]),
});

/** What a word means, said once for all lessons. */
export interface Term {
  /** as links name it: `term:<id>` */
  readonly id: string;
  readonly name: string;
  /** the first of these in a lesson links here */
  readonly words: readonly string[];
  /** one or two sentences, without scripts */
  readonly html: string;
  /** the same without marks */
  readonly text: string;
  /** ids of related terms */
  readonly see: readonly string[];
}

/** Terms by their ids. */
export type Glossary = ReadonlyMap<string, Term>;

const markdownIt = new MarkdownIt({ html: false });

/** Reads `glossary.yaml`. @param file for messages @throws LessonError with the line of what is wrong */
export function parseGlossary(text: string, file: string): Glossary {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new LessonError(file, lines.linePos(broken.pos[0]).line, broken.message);
  const lineOf = (id: string): number => {
    const node = document.get(id, true) as { readonly range?: readonly number[] } | undefined;
    // The value is indented below its key.
    return lines.linePos(node?.range?.[0] ?? 0).line - 1;
  };
  const terms = new Map<string, Term>();
  const byWord = new Map<string, string>();
  for (const [id, value] of Object.entries((document.toJS() ?? {}) as Record<string, unknown>)) {
    const result = entry.safeParse(value);
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new LessonError(file, lineOf(id), `${id}: ${issue?.path.join('.')}: ${issue?.message}`);
    }
    const { says, ...rest } = result.data;
    for (const word of rest.words) {
      const other = byWord.get(word);
      if (other !== undefined)
        throw new LessonError(file, lineOf(id), `${id}: “${word}” is a word of ${other} already`);
      byWord.set(word, id);
    }
    const text = says.replaceAll('`', '');
    terms.set(id, { id, ...rest, html: markdownIt.renderInline(says), text });
  }
  for (const { id, see } of terms.values())
    for (const other of see)
      if (!terms.has(other))
        throw new LessonError(file, lineOf(id), `${id}: there is no term “${other}” to see`);
  return terms;
}
