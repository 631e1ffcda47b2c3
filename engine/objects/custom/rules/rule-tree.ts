import { Optional } from '@marcbachmann/cel-js';
import { CelError } from '../../cel/cel-error.ts';
import { isJsonObject, jsonEqual, ownValue, type JsonObject } from '../../json-value.ts';
import type { Schema, ValidationRule } from '../../schema.ts';
import { FieldError, type FieldErrorType } from '../../validation/field-error.ts';
import type { RuleCheck } from '../validation.ts';
import { compileRules, type CompiledRule, type CompiledRules } from './compiled-rule.ts';

/** The check of all rules of a schema, compiled once; undefined if it has none. */
export function ruleCheck(schema: Schema): RuleCheck | undefined {
  const root = RuleNode.of(schema, true);
  if (root === undefined) return undefined;
  return (object, old) => {
    const errors: FieldError[] = [];
    root.check(object, { value: old, isUnchanged: false }, '', errors);
    return errors;
  };
}

/** The value a rule's `oldSelf` is, if there is one that corresponds, and whether nothing has changed. */
interface Before {
  readonly value: unknown;
  /** a value around this one is as it was */
  readonly isUnchanged: boolean;
}

class RuleNode {
  readonly #schema: Schema;
  readonly #compiled: CompiledRules | undefined;
  readonly #properties: ReadonlyMap<string, RuleNode>;
  readonly #values: RuleNode | undefined;
  readonly #items: RuleNode | undefined;

  /** Undefined where neither a schema nor anything beneath it has rules. */
  static of(schema: Schema | boolean | undefined, isRoot = false): RuleNode | undefined {
    if (typeof schema !== 'object') return undefined;
    const node = new RuleNode(schema, isRoot);
    return node.#hasRules ? node : undefined;
  }

  private constructor(schema: Schema, isRoot: boolean) {
    const properties = new Map<string, RuleNode>();
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const node = RuleNode.of(property);
      if (node !== undefined) properties.set(name, node);
    }
    this.#schema = schema;
    this.#properties = properties;
    this.#values = RuleNode.of(schema.additionalProperties);
    this.#items = RuleNode.of(schema.items);
    this.#compiled = compileRules(schema, isRoot);
  }

  get #hasRules(): boolean {
    return (
      this.#compiled !== undefined ||
      this.#properties.size > 0 ||
      this.#values !== undefined ||
      this.#items !== undefined
    );
  }

  check(value: unknown, before: Before, path: string, errors: FieldError[]): void {
    if (value === null || value === undefined) return;
    const old = before.value ?? undefined;
    const isUnchanged = old === undefined ? before.isUnchanged : jsonEqual(value, old);
    this.#checkRules(value, { value: old, isUnchanged }, path, errors);
    if (Array.isArray(value)) this.#checkItems(value, old, isUnchanged, path, errors);
    else if (isJsonObject(value)) this.#checkMembers(value, old, isUnchanged, path, errors);
  }

  #checkItems(
    items: readonly unknown[],
    old: unknown,
    isUnchanged: boolean,
    path: string,
    errors: FieldError[],
  ): void {
    const node = this.#items;
    if (node === undefined) return;
    const keys =
      this.#schema['x-kubernetes-list-type'] === 'map'
        ? (this.#schema['x-kubernetes-list-map-keys'] ?? [])
        : undefined;
    const olds: readonly unknown[] = Array.isArray(old) && keys !== undefined ? old : [];
    for (const [index, item] of items.entries()) {
      const earlier = olds.find(
        (each) =>
          isJsonObject(each) &&
          isJsonObject(item) &&
          keys?.every((key) => jsonEqual(each[key], item[key])),
      );
      node.check(item, { value: earlier, isUnchanged }, `${path}[${index}]`, errors);
    }
  }

  #checkMembers(
    object: JsonObject,
    old: unknown,
    isUnchanged: boolean,
    path: string,
    errors: FieldError[],
  ): void {
    const earlier = isJsonObject(old) ? old : {};
    for (const [key, member] of Object.entries(object)) {
      const isDeclared = Object.hasOwn(this.#schema.properties ?? {}, key);
      const node = isDeclared ? this.#properties.get(key) : this.#values;
      const place = isDeclared ? childPath(path, key) : `${path}[${key}]`;
      node?.check(member, { value: ownValue(earlier, key), isUnchanged }, place, errors);
    }
  }

  #checkRules(value: unknown, before: Before, path: string, errors: FieldError[]): void {
    if (this.#compiled === undefined) return;
    const { type, rules } = this.#compiled;
    const self = type.convert(value);
    const oldSelf = before.value === undefined ? undefined : type.convert(before.value);
    const optional = oldSelf === undefined ? Optional.none() : Optional.of(oldSelf);
    for (const compiled of rules) {
      const isOptional = compiled.rule.optionalOldSelf === true;
      if (compiled.usesOldSelf && oldSelf === undefined && !isOptional) continue;
      const bindings = { self, oldSelf: isOptional ? optional : oldSelf };
      const error = this.#checkRule(compiled, bindings, value, path);
      // What broke a rule before may go on to, unless the rule is about the change.
      const isExcused = error?.isVerdict === true && !compiled.usesOldSelf && before.isUnchanged;
      if (error !== undefined && !isExcused) errors.push(error.error);
    }
  }

  #checkRule(
    { rule, program, problem, message, fieldPath }: CompiledRule,
    bindings: Readonly<Record<string, unknown>>,
    value: unknown,
    path: string,
  ): { readonly error: FieldError; readonly isVerdict: boolean } | undefined {
    const type = this.#schema.type ?? '';
    const broken = (detail: string) => ({
      error: new FieldError('FieldValueInvalid', path === '' ? '<nil>' : path, type, detail),
      isVerdict: false,
    });
    if (problem !== undefined) return broken(`rule compile error: ${problem}`);
    if (program === undefined) return undefined;
    try {
      if (program.evaluate(bindings) === true) return undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      const text = printRule(rule);
      return broken(
        error.message.startsWith('no such overload')
          ? `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`
          : `${error.message} evaluating rule: ${text}`,
      );
    }
    const detail = messageOf(message, bindings) ?? defaultMessage(rule);
    const field = fieldPath === '' ? path || '<nil>' : childPath(path, fieldPath);
    const reason = (rule.reason ?? 'FieldValueInvalid') as FieldErrorType;
    const found = type === 'object' || type === 'array' ? undefined : value;
    const isDuplicate = reason === 'FieldValueDuplicate';
    return {
      error: new FieldError(reason, field, found, isDuplicate ? '' : detail),
      isVerdict: true,
    };
  }
}

function childPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** How messages name a rule: by its own message if it has one. */
function printRule({ rule, message = '' }: ValidationRule): string {
  return (message === '' ? rule : message).trim();
}

function defaultMessage(rule: ValidationRule): string {
  const isNamed = rule.message !== undefined && rule.message !== '';
  return isNamed ? printRule(rule) : `failed rule: ${printRule(rule)}`;
}

const longestMessage = 5 * 1024;

/** What a rule's own expression says of its failure; undefined if that fails, or is no line of text. */
function messageOf(
  program: CompiledRule['message'],
  bindings: Readonly<Record<string, unknown>>,
): string | undefined {
  if (program === undefined) return undefined;
  try {
    const text = String(program.evaluate(bindings)).trim();
    const isLine = text !== '' && !text.includes('\n');
    return isLine && new TextEncoder().encode(text).length <= longestMessage ? text : undefined;
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}
