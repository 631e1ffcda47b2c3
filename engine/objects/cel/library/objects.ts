import { Optional, type Environment } from '@marcbachmann/cel-js';
import { entriesOf } from '../values.ts';
import { define } from './define.ts';

type Fields = ReadonlyMap<string, unknown>;

/** What `Object.spec{…}` makes: a type's name, and fields that were set. */
export class ObjectValue {
  constructor(
    readonly type: string,
    readonly fields: Fields,
  ) {}
}

/** What `JSONPatch{…}` makes. */
export class PatchValue {
  constructor(readonly fields: Fields) {}
}

class JsonPatchLibrary {}

/** The value of `jsonpatch`. */
export const jsonPatchLibrary = new JsonPatchLibrary();

const fieldsOf = (map: unknown): Fields => new Map(entriesOf(map) as [string, unknown][]);

/** What mutations are written with, besides everything else: objects (see `object-literals.ts`) and paths of patches. */
export function addObjects(environment: Environment): void {
  environment.registerType('Object', { ctor: ObjectValue, fields: {} });
  environment.registerType('JSONPatch', { ctor: PatchValue, fields: {} });
  define(
    environment,
    'newObject(string, map<string, dyn>): Object',
    (type: string, fields: unknown) => new ObjectValue(type, fieldsOf(fields)),
  );
  define(environment, 'newPatch(map<string, dyn>): JSONPatch', (fields: unknown) => {
    return new PatchValue(fieldsOf(fields));
  });
  const library = 'kubernetes.jsonpatch';
  environment.registerType(library, { ctor: JsonPatchLibrary, fields: {} });
  environment.registerVariable('jsonpatch', library);
  define(environment, `${library}.escapeKey(string): string`, (_: unknown, key: string) =>
    key.replaceAll('~', '~0').replaceAll('/', '~1'),
  );
}

/** An expression's value as JSON. Objects in it must be named by where they stand, from `path` on. */
export function toJson(value: unknown, path: string | undefined): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Optional) return value.hasValue() ? toJson(value.value(), path) : undefined;
  if (value instanceof ObjectValue) {
    const here = path ?? value.type;
    if (value.type !== here)
      throw new Error(
        `type mismatch: unexpected type name ${JSON.stringify(value.type)}, expected ${JSON.stringify(here)}, which matches field name path from root Object type`,
      );
    return Object.fromEntries(
      [...value.fields].map(([name, field]) => [name, toJson(field, `${here}.${name}`)]),
    );
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item, path));
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value.toISOString();
  return Object.fromEntries(
    entriesOf(value).map(([key, member]) => [String(key), toJson(member, path)]),
  );
}
