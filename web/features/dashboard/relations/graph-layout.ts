import { append, type RelatedObject, type Relation, type Relations } from './relations.ts';

/** Pixels. */
export const NODE = { width: 164, height: 42 };
const GAP = { x: 36, y: 8 };
/** Objects of one column that are drawn; the others are counted. */
const MOST_IN_COLUMN = 12;
/** Of a name that is cut, as many at most are kept at its end. */
const END_LETTERS = 8;

export interface Placed {
  readonly object: RelatedObject;
  /** pixels, of its top left corner */
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly relation: Relation;
  /** of an SVG path */
  readonly path: string;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** column by column */
  readonly placed: readonly Placed[];
  readonly lines: readonly Line[];
  /** that are in no column any more */
  readonly left: number;
}

/** Columns of objects, the one in the middle and its relations from left to right. */
export function layOut({ objects, relations }: Relations): GraphLayout {
  const layers = new Map<number, RelatedObject[]>();
  for (const object of objects) append(layers, object.layer, object);
  const family = new Set(
    relations.flatMap(({ how, from, to }) => (how === 'owns' ? [from, to] : [])),
  );
  const columns = [...layers]
    .toSorted(([one], [other]) => one - other)
    .map(([, column]) => inOrder(column, objects[0], family).slice(0, MOST_IN_COLUMN));
  const rows = Math.max(...columns.map(({ length }) => length));
  const height = rows * (NODE.height + GAP.y) - GAP.y;
  const placed = columns.flatMap((column, index) =>
    column.map((object, row) => ({
      object,
      x: index * (NODE.width + GAP.x),
      y: row * (NODE.height + GAP.y),
    })),
  );
  const byKey = new Map(placed.map((each) => [each.object.key, each]));
  return {
    width: columns.length * (NODE.width + GAP.x) - GAP.x,
    height,
    placed,
    lines: relations.flatMap((relation) => {
      const [from, to] = [byKey.get(relation.from), byKey.get(relation.to)];
      return from && to ? { relation, path: pathBetween(from, to) } : [];
    }),
    left: objects.length - placed.length,
  };
}

/** The one in the middle is above what owns or is owned, and that above others, which are in the order of the alphabet. */
function inOrder(
  column: readonly RelatedObject[],
  middle: RelatedObject | undefined,
  family: ReadonlySet<string>,
): readonly RelatedObject[] {
  const rank = (object: RelatedObject): number =>
    object === middle ? 0 : family.has(object.key) ? 1 : 2;
  return column.toSorted(
    (one, other) =>
      rank(one) - rank(other) ||
      one.kind.localeCompare(other.kind) ||
      one.name.localeCompare(other.name),
  );
}

function pathBetween(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x, to.y + NODE.height / 2];
  const bend = Math.max(GAP.x / 2, (x2 - x1) / 2);
  return `M ${x1} ${y1} C ${x1 + bend} ${y1}, ${x2 - bend} ${y2}, ${x2} ${y2}`;
}

/** Each relation as a sentence. */
export function sentencesOf(
  relations: readonly Relation[],
  objects: readonly RelatedObject[],
): readonly string[] {
  const names = new Map(objects.map((object) => [object.key, nameOf(object)]));
  return relations.map(({ from, words, to }) => `${names.get(from)} ${words} ${names.get(to)}.`);
}

/** `Deployment web` */
export const nameOf = ({ kind, name, exists }: RelatedObject): string =>
  `${kind} ${name}${exists ? '' : ' (which is not there)'}`;

/**
 * A name that has no room is cut before its last part, in which Pods of one owner differ: `web-5d8f7c9b4-` and `x2x9q`. A last part
 * that is long itself has its last letters.
 */
export function nameParts(name: string): readonly [beginning: string, end: string] {
  const at = Math.max(name.lastIndexOf('-') + 1, name.length - END_LETTERS);
  return [name.slice(0, at), name.slice(at)];
}
