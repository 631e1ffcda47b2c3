/**
 * Golden cases: requests a real kube-apiserver was asked once, and what it answered. In `testdata/`,
 * `*.cases.ts` have the requests and `*.golden.jsonl` requests and answers; `record.node.ts` asks afresh.
 */
export interface GoldenCase {
  readonly name: string;
  readonly steps: readonly GoldenStep[];
}

/** Steps of a case are about the object that the first one creates. */
export type GoldenStep =
  | { readonly create: JsonObject }
  /** Edits of what the last successful step answered, put to the object or a subresource. */
  | { readonly update: Edits; readonly subresource?: string }
  /** Something else posted to a subresource: a Binding, an Eviction, a TokenRequest. */
  | { readonly post: JsonObject; readonly subresource: string }
  /** The object as controllers of the server left it. */
  | { readonly settled: true }
  /** The object in another version of its kind. */
  | { readonly readAs: string };

export interface RecordedCase {
  readonly name: string;
  readonly steps: readonly RecordedStep[];
}

export interface RecordedStep {
  readonly method: 'POST' | 'PUT' | 'GET';
  readonly path: string;
  readonly body?: JsonObject;
  readonly accept?: string;
  readonly code: number;
  readonly warnings?: readonly string[];
  readonly answer: JsonObject;
  /** what follows is about this answer */
  readonly settled?: true;
  /** when it was asked, if the answer tells how long ago something was */
  readonly time?: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** New values by path (`spec.containers[0].image`, `metadata.labels['a/b']`); `undefined` removes. */
export type Edits = Readonly<Record<string, unknown>>;

/** `object` with other values at some paths; missing objects and lists on the way are made. */
export function edit(object: JsonObject, edits: Edits): JsonObject {
  const copy = structuredClone(object) as Record<string, unknown>;
  for (const [path, value] of Object.entries(edits)) {
    const keys = [...path.matchAll(/\['([^']*)'\]|\[(\d+)\]|([^.[\]]+)/g)].map(
      ([, quoted, index, name]) => quoted ?? (index === undefined ? (name ?? '') : Number(index)),
    );
    let node: Record<string | number, unknown> = copy;
    for (const [position, key] of keys.entries()) {
      if (position === keys.length - 1) {
        if (value === undefined) delete node[key];
        else node[key] = value;
      } else {
        node[key] ??= typeof keys[position + 1] === 'number' ? [] : {};
        node = node[key] as Record<string | number, unknown>;
      }
    }
  }
  return copy;
}

/** A maker of objects like `base`, each with edits of its own. */
export const like =
  (base: JsonObject) =>
  (edits: Edits = {}): JsonObject =>
    edit(base, edits);

export function creation(name: string, object: JsonObject): GoldenCase {
  return { name, steps: [{ create: object }] };
}

export function change(
  name: string,
  object: JsonObject,
  update: Edits,
  subresource?: string,
): GoldenCase {
  const step = subresource === undefined ? { update } : { update, subresource };
  return { name, steps: [{ create: object }, step] };
}

/** As `creation`, of an object that the server's own controllers write to as soon as it is there. */
export function settledCreation(name: string, object: JsonObject): GoldenCase {
  return { name, steps: [{ create: object }, { settled: true }] };
}

/** As `change`, of such an object. */
export function settledChange(
  name: string,
  object: JsonObject,
  update: Edits,
  subresource?: string,
): GoldenCase {
  const step = subresource === undefined ? { update } : { update, subresource };
  return { name, steps: [{ create: object }, { settled: true }, step, { settled: true }] };
}
