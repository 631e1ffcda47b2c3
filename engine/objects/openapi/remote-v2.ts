import { isJsonObject, type JsonObject } from '../json-value.ts';

/** A document of all that another server offers, with the group-version that it is asked for. */
export interface RemoteV2 {
  /** `apis/example.com/v1` */
  readonly name: string;
  readonly v2?: JsonObject;
}

const membersOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** `#/definitions/NAME` wherever it stands in a value. */
function referred(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) referred(item, found);
  else if (isJsonObject(value))
    for (const [key, member] of Object.entries(value)) {
      if (key === '$ref' && typeof member === 'string')
        found.add(member.replace(/^#\/definitions\//, ''));
      else referred(member, found);
    }
}

/** The server's own document with the paths of others and what these refer to. What it has already stays. */
export function withRemote(document: JsonObject, remotes: Iterable<RemoteV2>): JsonObject {
  const paths: Record<string, unknown> = { ...membersOf(document['paths']) };
  const definitions: Record<string, unknown> = { ...membersOf(document['definitions']) };
  let changed = false;
  for (const { name, v2 } of remotes) {
    const own = Object.entries(membersOf(v2?.['paths'])).filter(([path]) =>
      path.startsWith(`/${name}/`),
    );
    const offered = membersOf(v2?.['definitions']);
    const wanted = new Set<string>();
    for (const [path, item] of own) {
      paths[path] ??= item;
      referred(item, wanted);
    }
    // A set goes on with what is added while it is walked.
    for (const definition of wanted) {
      definitions[definition] ??= offered[definition];
      referred(offered[definition], wanted);
    }
    changed ||= own.length > 0;
  }
  return changed ? { ...document, paths, definitions } : document;
}
