import { structuredPatch } from 'diff';
import { internalTypes } from './internal-types.generated.ts';

/**
 * Values as the API server's own types have them. Upstream converts objects before it validates
 * them, so messages that print a value print Go's field names in Go's order with all empty fields:
 * `{"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}`.
 */

const map = 'map ';

function mapped(value: unknown, convert: (item: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, convert(item)]));
}

/** `value` of the API as a value of the internal type `type`; lists and maps of them likewise. */
export function asInternal(type: string, value: unknown): unknown {
  if (type.startsWith(map))
    return mapped(value, (item) => asInternal(type.slice(map.length), item));
  const layout = internalTypes[type];
  if (layout === undefined || typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map((item) => asInternal(type, item));
  const object = value as Readonly<Record<string, unknown>>;
  const printed: Record<string, unknown> = {};
  for (const [name, apiName, empty, inner] of layout) {
    const dot = apiName.indexOf('.');
    const holder = dot < 0 ? object : (object[apiName.slice(0, dot)] as typeof object | undefined);
    const field = holder?.[apiName.slice(dot + 1)];
    if (field !== undefined) printed[name] = inner === '' ? field : asInternal(inner, field);
    else if (empty === '{}') printed[name] = asInternal(inner, {});
    else if (empty !== '-') printed[name] = JSON.parse(empty);
  }
  return printed;
}

/** The other way round, of what was written as JSON; empty fields are left out. */
export function fromInternal(type: string, value: unknown): unknown {
  if (type.startsWith(map))
    return mapped(value, (item) => fromInternal(type.slice(map.length), item));
  const layout = internalTypes[type];
  if (layout === undefined || typeof value !== 'object' || value === null)
    return value ?? undefined;
  if (Array.isArray(value)) return value.map((item) => fromInternal(type, item));
  const internal = value as Readonly<Record<string, unknown>>;
  const fields = layout.map(([name, apiName, , inner]) => [
    apiName,
    fromInternal(inner, internal[name]),
  ]);
  return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
}

/** Lines around a change that a difference shows. */
const contextLines = 3;

/** What differs between two values of an internal type, as a unified diff without a head. */
export function internalDiff(type: string, before: unknown, after: unknown): string {
  const print = (value: unknown) => `${JSON.stringify(asInternal(type, value), undefined, ' ')}\n`;
  const { hunks } = structuredPatch('', '', print(before), print(after), '', '', {
    context: contextLines,
  });
  const range = (start: number, lines: number) =>
    lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`;
  return hunks
    .map(
      ({ oldStart, oldLines, newStart, newLines, lines }) =>
        `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@\n${lines.join('\n')}\n`,
    )
    .join('');
}
