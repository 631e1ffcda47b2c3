import type { Schema, ValidationRule } from '../../schema.ts';
import type { Place } from '../../validation/place.ts';
import { compileRules, type CompiledRule } from './compiled-rule.ts';

/**
 * Which rules of a definition's schema do not compile, wherever they are in it, in upstream's words. The
 * schema must be right otherwise. Costs are not estimated: rules upstream refuses as too expensive are taken.
 */
export function compileErrors(schema: Schema, at: Place, isRoot = true): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    compileErrors(property, at.child('properties').key(name), false);
  }
  const { additionalProperties, items } = schema;
  if (typeof additionalProperties === 'object') {
    compileErrors(additionalProperties, at.child('additionalProperties'), false);
  }
  if (items !== undefined) compileErrors(items, at.child('items'), false);
  const place = at.child('x-kubernetes-validations');
  const compiled = compileRules(schema, isRoot)?.rules ?? [];
  for (const [index, rule] of compiled.entries()) checkCompiled(rule, place.index(index));
}

function checkCompiled(compiled: CompiledRule, at: Place): void {
  const { rule, problem, messageProblem, usesOldSelf } = compiled;
  const printed = printedRule(rule);
  if (problem !== undefined) at.child('rule').invalid(printed, problem);
  if (messageProblem !== undefined) at.child('messageExpression').invalid(printed, messageProblem);
  if (!usesOldSelf && rule.optionalOldSelf !== undefined) {
    at.child('optionalOldSelf').invalid(
      rule.optionalOldSelf,
      'may not be set if oldSelf is not used in rule',
    );
  }
}

/** The rule as Go prints its struct. */
function printedRule(rule: ValidationRule): unknown {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
