import type { JsonObject } from '../json-value.ts';
import { isJsonObject } from '../json-value.ts';
import {
  compareElements,
  fieldName,
  isField,
  readElement,
  type PathElement,
} from './path-element.ts';
import type { MergeType } from './merge-type.ts';

/**
 * A set of fields of an object, as a tree. A field can be a member, have members below it, or both:
 * owning `metadata.labels.a` is not owning `metadata.labels`. Sets are built by `insert` and
 * `descend`; every other operation leaves its operands alone. Follows structured-merge-diff's
 * `fieldpath.Set`.
 */
export class FieldSet {
  readonly #members = new Set<PathElement>();
  readonly #children = new Map<PathElement, FieldSet>();

  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  /** The empty path stands for the whole object, which nobody owns. */
  insert(path: readonly PathElement[]): void {
    const last = path.at(-1);
    if (last === undefined) return;
    FieldSet.#below(this, path, path.length - 1).#members.add(last);
  }

  /** The subset below a path, made where there is none. */
  descend(path: readonly PathElement[]): FieldSet {
    return FieldSet.#below(this, path, path.length);
  }

  static #below(root: FieldSet, path: readonly PathElement[], depth: number): FieldSet {
    let set = root;
    for (let index = 0; index < depth; index += 1) {
      const element = path[index] ?? '';
      let child = set.#children.get(element);
      if (child === undefined) set.#children.set(element, (child = new FieldSet()));
      set = child;
    }
    return set;
  }

  isEmpty(): boolean {
    if (this.#members.size > 0) return false;
    for (const child of this.#children.values()) if (!child.isEmpty()) return false;
    return true;
  }

  has(path: readonly PathElement[]): boolean {
    const [element, ...rest] = path;
    if (element === undefined) return false;
    if (rest.length === 0) return this.#members.has(element);
    return this.#children.get(element)?.has(rest) ?? false;
  }

  hasMember(element: PathElement): boolean {
    return this.#members.has(element);
  }

  /** What is below an element; undefined when there is nothing. */
  below(element: PathElement): FieldSet | undefined {
    const child = this.#children.get(element);
    return child?.isEmpty() === false ? child : undefined;
  }

  union(other: FieldSet): FieldSet {
    const result = this.#copy();
    for (const member of other.#members) result.#members.add(member);
    for (const [element, set] of other.#children) {
      const own = this.#children.get(element);
      result.#children.set(element, own === undefined ? set : own.union(set));
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const member of this.#members) {
      if (other.#members.has(member)) result.#members.add(member);
    }
    for (const [element, set] of this.#children) {
      const common = set.intersection(other.#children.get(element) ?? empty);
      if (!common.isEmpty()) result.#children.set(element, common);
    }
    return result;
  }

  /** What the other does not have. Taking a field away leaves what is below it. */
  difference(other: FieldSet): FieldSet {
    return this.#without(other, false);
  }

  /** As `difference`, but a field goes with all that is below it. */
  recursiveDifference(other: FieldSet): FieldSet {
    return this.#without(other, true);
  }

  #without(other: FieldSet, recursive: boolean): FieldSet {
    const result = new FieldSet();
    for (const member of this.#members) {
      if (!other.#members.has(member)) result.#members.add(member);
    }
    for (const [element, set] of this.#children) {
      if (recursive && other.#members.has(element)) continue;
      const taken = other.#children.get(element);
      const rest = taken === undefined ? set : set.#without(taken, recursive);
      if (!rest.isEmpty()) result.#children.set(element, rest);
    }
    return result;
  }

  /** With the fields of structs on the way to members as members themselves; map keys are not. */
  withNamedFields(type: MergeType | undefined): FieldSet {
    const result = new FieldSet();
    for (const member of this.#members) result.#members.add(member);
    for (const [element, set] of this.#children) {
      const name = isField(element) ? fieldName(element) : undefined;
      const isNamed = name !== undefined && type?.map?.field(name) !== undefined;
      if (isNamed) result.#members.add(element);
      const child = name === undefined ? type?.list?.element : type?.map?.valueType(name);
      result.#children.set(element, set.withNamedFields(child));
    }
    return result;
  }

  /** What lies at or below one of the patterns; `*` in a pattern stands for any element. */
  matching(patterns: readonly (readonly PathElement[])[]): FieldSet {
    if (patterns.some((pattern) => pattern.length === 0)) return this;
    const result = new FieldSet();
    const rest = (element: PathElement) =>
      patterns
        .filter(([first]) => first === '*' || first === element)
        .map(([, ...others]) => others);
    for (const member of this.#members) {
      if (rest(member).length > 0) result.#members.add(member);
    }
    for (const [element, set] of this.#children) {
      const kept = set.matching(rest(element));
      if (!kept.isEmpty()) result.#children.set(element, kept);
    }
    return result;
  }

  /** All members as paths, a field before what is below it. */
  paths(prefix: readonly PathElement[] = []): readonly (readonly PathElement[])[] {
    const below = [...this.#children]
      .toSorted(([a], [b]) => compareElements(a, b))
      .flatMap(([element, set]) => set.paths([...prefix, element]));
    const own = [...this.#members].toSorted(compareElements).map((member) => [...prefix, member]);
    return [...own, ...below];
  }

  /** The set as `managedFields[].fieldsV1` holds it. */
  toFieldsV1(isMember = false): JsonObject {
    const result: Record<string, unknown> = {};
    const elements = [...this.#members];
    for (const element of this.#children.keys()) {
      if (!this.#members.has(element)) elements.push(element);
    }
    if (isMember && elements.length > 0) result['.'] = {};
    for (const element of elements.sort(compareElements)) {
      const child = this.#children.get(element);
      result[element] = child?.toFieldsV1(this.#members.has(element)) ?? {};
    }
    return result;
  }

  /** Undefined if the fields cannot be read; elements of unknown kinds are left out. */
  static fromFieldsV1(fields: JsonObject): FieldSet | undefined {
    const set = new FieldSet();
    for (const [text, below] of Object.entries(fields)) {
      if (text === '.') continue;
      const element = readElement(text);
      if (element === undefined) continue;
      if (element === null || !isJsonObject(below)) return undefined;
      const child = FieldSet.fromFieldsV1(below);
      if (child === undefined) return undefined;
      if (child.isEmpty() || Object.hasOwn(below, '.')) set.#members.add(element);
      if (!child.isEmpty()) set.#children.set(element, child);
    }
    return set;
  }

  #copy(): FieldSet {
    const result = new FieldSet();
    for (const member of this.#members) result.#members.add(member);
    for (const [element, set] of this.#children) result.#children.set(element, set);
    return result;
  }
}

const empty = new FieldSet();
