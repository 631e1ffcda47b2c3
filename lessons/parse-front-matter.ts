import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { LessonError } from './lesson-error.ts';

const FENCE = '---\n';

/**
 * Splits the text of a lesson or a module into what it says of itself and its Markdown.
 * @returns `offset`: lines of the file before the Markdown begins
 * @throws LessonError with the line of the wrong field, and what to write there
 */
export function parseFrontMatter<Schema extends z.ZodObject>(
  text: string,
  file: string,
  schema: Schema,
): { readonly data: z.infer<Schema>; readonly markdown: string; readonly offset: number } {
  const end = text.indexOf(`\n${FENCE}`, FENCE.length - 1);
  if (!text.startsWith(FENCE) || end === -1)
    throw new LessonError(
      file,
      1,
      'begin with front matter: YAML between two lines of three hyphens',
    );
  const source = text.slice(FENCE.length, end + 1);
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1;
  const [broken] = document.errors;
  if (broken !== undefined)
    throw new LessonError(file, lineAt(broken.pos[0]), `this is not YAML: ${broken.message}`);
  const result = schema.safeParse(document.toJS());
  if (!result.success) {
    const [issue] = result.error.issues;
    const path = (issue?.path ?? []) as (string | number)[];
    const where = placeOf(document, path);
    throw new LessonError(
      file,
      where === undefined ? 1 : lineAt(where),
      `${path.join('.') || 'front matter'}: ${issue?.message}${meaningOf(schema, path)}`,
    );
  }
  const markdown = text.slice(end + 1 + FENCE.length);
  return { data: result.data, markdown, offset: source.split('\n').length + 1 };
}

type ParsedDocument = ReturnType<typeof parseDocument>;

/** Where the value is, or the nearest thing around it that is there. */
function placeOf(document: ParsedDocument, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    const range = (node as { readonly range?: readonly number[] } | undefined)?.range;
    if (range !== undefined) return range[0];
  }
  return undefined;
}

/** What the schema says of a field. */
function meaningOf({ shape }: z.ZodObject, [field]: readonly (string | number)[]): string {
  const fields = shape as Record<string, { readonly description?: string | undefined }>;
  const description = field === undefined ? undefined : fields[field]?.description;
  return description === undefined ? '' : ` (${field}: ${description})`;
}
