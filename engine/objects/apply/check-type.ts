import { goFormat, goQuote, goTypeName } from '../go-text.ts';
import { isJsonObject } from '../json-value.ts';
import type { MergeType } from './merge-type.ts';
import { fieldElement, formatElement, type PathElement } from './path-element.ts';
import { elementOf, ItemError, shapeOf } from './shapes.ts';

/**
 * What keeps a value from being of a type, in upstream's words and with the place first
 * (`.spec.replicas: expected numeric (int or float), got string`); empty if it is.
 */
export function typeProblems(
  value: unknown,
  type: MergeType,
  allowDuplicates: boolean,
): readonly string[] {
  const problems: string[] = [];
  new Checker(problems, allowDuplicates).check(value, type, '');
  return problems;
}

/** The problems as one message. */
export function formatProblems(problems: readonly string[]): string {
  if (problems.length === 1) return problems.join('');
  return ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
}

class Checker {
  readonly #problems: string[];
  readonly #allowDuplicates: boolean;

  constructor(problems: string[], allowDuplicates: boolean) {
    this.#problems = problems;
    this.#allowDuplicates = allowDuplicates;
  }

  check(value: unknown, type: MergeType, path: string): void {
    const shape = shapeOf(type, value);
    switch (shape.kind) {
      case 'map':
        if (isJsonObject(value)) {
          for (const [name, member] of Object.entries(value)) {
            const child = shape.map.valueType(name);
            const place = path + formatElement(fieldElement(name));
            if (child === undefined) {
              // Upstream stops at the first one of an object.
              this.#add(place, 'field not declared in schema');
              return;
            }
            this.check(member, child, place);
          }
        } else if (value !== null) {
          this.#add(path, `expected map, got &{${goFormat(value)}}`);
        }
        break;
      case 'list':
        if (Array.isArray(value)) this.#checkItems(value, type, path);
        else if (value !== null) this.#add(path, `expected list, got &{${goFormat(value)}}`);
        break;
      case 'scalar':
        this.#checkScalar(value, type.scalar, path);
        break;
    }
  }

  #checkItems(items: readonly unknown[], type: MergeType, path: string): void {
    const { list } = type;
    if (list === undefined) return;
    const seen = new Set<PathElement>();
    for (const [index, item] of items.entries()) {
      let element: PathElement = `i:${index}`;
      if (!list.isAtomic) {
        try {
          element = elementOf(list, item);
        } catch (error) {
          if (!(error instanceof ItemError)) throw error;
          this.#add(path, `element ${index}: ${error.message}`);
          return;
        }
        if (seen.has(element) && !this.#allowDuplicates) {
          this.#add(path, `duplicate entries for key ${formatElement(element)}`);
        }
        seen.add(element);
      }
      this.check(item, list.element, path + formatElement(element));
    }
  }

  #checkScalar(value: unknown, scalar: MergeType['scalar'], path: string): void {
    if (value === null) return;
    switch (scalar) {
      case 'numeric':
        if (typeof value !== 'number') {
          this.#add(path, `expected numeric (int or float), got ${goTypeName(value)}`);
        }
        break;
      case 'string':
        if (typeof value !== 'string') {
          this.#add(
            path,
            `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`,
          );
        }
        break;
      case 'boolean':
        if (typeof value !== 'boolean') {
          this.#add(path, `expected boolean, got &{${goFormat(value)}}`);
        }
        break;
      case 'untyped':
      case undefined:
        if (typeof value === 'object') {
          this.#add(path, `expected any scalar, got &{${goFormat(value)}}`);
        }
        break;
    }
  }

  #add(path: string, problem: string): void {
    this.#problems.push(path === '' ? problem : `${path}: ${problem}`);
  }
}

/** A value as Go's `%#v` prints it. */
function goSyntax(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (!isJsonObject(value)) return value === null ? 'interface {}(nil)' : String(value as number);
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${goQuote(key)}:${goSyntax(member)}`);
  return `map[string]interface {}{${members.join(', ')}}`;
}
