import { goTypeName } from '../go-text.ts';
import { DecodeError } from './decode-error.ts';

/** One step down: a struct's field, an index, or a key of a map. */
type Step = string | number | { readonly key: string };

/** What is read: a JSON text, or an object already parsed (the result of a strategic merge patch). */
export type Origin = 'text' | 'object';

export type GoKind = 'struct' | 'slice' | 'map' | 'string' | 'bool' | 'int' | 'float64';

/**
 * Where a decoder is, for messages. Upstream names a place in two ways: `spec.containers[0].foo`
 * for unknown fields, `PodSpec.spec.containers` (the innermost struct, then fields alone) for values
 * of the wrong type.
 */
export class Trail {
  /** name of the Go struct whose field is being read */
  struct = '';
  readonly unknown: string[] = [];
  readonly #steps: Step[] = [];
  readonly #origin: Origin;

  constructor(origin: Origin = 'text') {
    this.#origin = origin;
  }

  /** For types with a JSON form of their own, which know nothing of the place they are read at in an object. */
  forText(): Trail {
    return this.#origin === 'text' ? this : new Trail();
  }

  enter(step: Step): void {
    this.#steps.push(step);
  }

  leave(): void {
    this.#steps.pop();
  }

  addUnknown(field: string): void {
    this.#steps.push(field);
    this.unknown.push(formatSteps(this.#steps));
    this.#steps.pop();
  }

  /** A value that does not fit a Go type; `kind` is what the type is underneath. */
  wrongType(value: unknown, type: string, kind: GoKind): DecodeError {
    if (this.#origin === 'object')
      return new DecodeError('TYPE', conversionProblem(value, type, kind));
    return this.#mismatch(jsonTypeName(value), type);
  }

  /** The same for a number that is no integer or out of the type's range. */
  wrongNumber(value: number, type: string): DecodeError {
    if (this.#origin === 'object') {
      return new DecodeError('TYPE', `cannot convert ${goTypeName(value)} to ${type}`);
    }
    return this.#mismatch(`number ${value}`, type);
  }

  #mismatch(value: string, type: string): DecodeError {
    const fields = this.#steps.filter((step) => typeof step === 'string');
    const place = fields.length === 0 ? 'value' : `struct field ${this.struct}.${fields.join('.')}`;
    return new DecodeError(
      'TYPE',
      `json: cannot unmarshal ${value} into Go ${place} of type ${type}`,
    );
  }
}

/** apimachinery's converter from `map[string]interface{}`, which reads objects that are no text. */
function conversionProblem(value: unknown, type: string, kind: GoKind): string {
  const given = goTypeName(value);
  const shape = given.startsWith('[]') ? 'slice' : given.startsWith('map') ? 'map' : given;
  switch (kind) {
    case 'struct':
      return `cannot restore struct from: ${shape}`;
    case 'slice':
    case 'map':
      return `cannot restore ${kind} from ${shape}`;
    case 'string':
    case 'bool':
    case 'int':
    case 'float64': {
      // Go converts integers to strings, but this converter does not let it.
      const isConvertible = kind === 'string' && given === 'int64';
      const name = kind === 'int' ? type : kind;
      return isConvertible ? `cannot convert ${given} to ${type}` : `unrecognized type: ${name}`;
    }
  }
}

function formatSteps(steps: readonly Step[]): string {
  let text = '';
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text === '' ? '' : '.'}${typeof step === 'string' ? step : step.key}`;
  }
  return text;
}

/** What encoding/json calls a value. */
export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}
