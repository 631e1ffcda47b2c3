import { LineCounter, parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../../engine/objects/kubernetes-object.ts';

export interface KindName {
  readonly apiVersion: string;
  readonly kind: string;
}

/** The kinds that a text names, each once; empty for a text that is no manifest, or not YAML yet. */
export function kindsIn(text: string): readonly KindName[] {
  const kinds = new Map<string, KindName>();
  for (const document of documentsOf(text).documents) {
    const value: unknown = document.errors.length === 0 ? document.toJS() : undefined;
    for (const { apiVersion, kind } of itemsOf(value))
      kinds.set(`${apiVersion} ${kind}`, { apiVersion, kind });
  }
  return [...kinds.values()];
}

/** @throws Error what is wrong with the text, and in which line */
export function objectsIn(text: string): readonly KubernetesObject[] {
  const { documents, lines } = documentsOf(text);
  return documents.flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const { line } = lines.linePos(problem.pos[0]);
      throw new Error(`Line ${line}: ${problem.message.split('\n')[0]}`);
    }
    const value: unknown = document.toJS();
    if (value === null) return [];
    const items = itemsOf(value);
    if (items.length === 0) {
      const { line } = lines.linePos(document.range[0]);
      throw new Error(`The document that begins in line ${line} has no apiVersion and kind.`);
    }
    for (const { kind, metadata } of items)
      if (typeof metadata?.name !== 'string')
        throw new Error(`An object of kind ${kind} has no metadata.name.`);
    return items;
  });
}

function documentsOf(text: string) {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  return { documents: 'empty' in documents ? [] : documents, lines };
}

/** The object itself, or those of a `List`. */
function itemsOf(value: unknown): readonly KubernetesObject[] {
  const object = value as (Partial<KubernetesObject> & { readonly items?: unknown }) | undefined;
  if (typeof object?.apiVersion !== 'string' || typeof object.kind !== 'string') return [];
  if (object.kind === 'List' && Array.isArray(object.items))
    return object.items.flatMap((item) => itemsOf(item));
  return [object as KubernetesObject];
}
