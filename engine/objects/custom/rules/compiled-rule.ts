import type { Environment } from '@marcbachmann/cel-js';
import { CelError } from '../../cel/cel-error.ts';
import { celEnvironment } from '../../cel/environment.ts';
import { compileCel, type CelProgram } from '../../cel/program.ts';
import type { Schema, ValidationRule } from '../../schema.ts';
import { normalizeFieldPath } from './field-path.ts';
import { declareType, type SchemaType } from './schema-type.ts';

/** A rule ready to be checked, or what keeps it from being so. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  readonly program?: CelProgram;
  readonly message?: CelProgram;
  readonly problem?: string;
  readonly messageProblem?: string;
  /** beneath the place of the rule; empty for that place itself */
  readonly fieldPath: string;
  readonly usesOldSelf: boolean;
}

export interface CompiledRules {
  readonly type: SchemaType;
  readonly rules: readonly CompiledRule[];
}

/** `isRoot`: the schema is that of a whole custom resource. Undefined if there are no rules to compile. */
export function compileRules(schema: Schema, isRoot: boolean): CompiledRules | undefined {
  const { 'x-kubernetes-validations': rules = [] } = schema;
  if (rules.length === 0) return undefined;
  const environment = celEnvironment();
  const isResource = isRoot || schema['x-kubernetes-embedded-resource'] === true;
  const type = declareType(environment, schema, 'selfType', isResource);
  if (type === undefined) return undefined;
  environment.registerVariable('self', type.name);
  const plain = environment.clone().registerVariable('oldSelf', type.name);
  const optional = environment.clone().registerVariable('oldSelf', `optional<${type.name}>`);
  return {
    type,
    rules: rules.map((rule) =>
      compileRule(rule, schema, rule.optionalOldSelf === true ? optional : plain),
    ),
  };
}

function compileRule(rule: ValidationRule, schema: Schema, environment: Environment): CompiledRule {
  const { program, problem } = compile(environment, rule.rule);
  const isBool = program === undefined || program.type === 'bool';
  const { messageExpression = '', fieldPath = '' } = rule;
  const message = messageExpression === '' ? {} : compile(environment, messageExpression);
  const isText = message.program === undefined || message.program.type === 'string';
  const wrong = isBool ? problem && `compilation failed: ${problem}` : notBool;
  const wrongMessage = isText
    ? message.problem && `messageExpression compilation failed: ${message.problem}`
    : 'messageExpression must evaluate to a string';
  return {
    rule,
    fieldPath: normalizeFieldPath(fieldPath, schema) ?? '',
    usesOldSelf: program?.names.has('oldSelf') ?? false,
    ...(wrong === undefined ? program && { program } : { problem: wrong }),
    ...(wrongMessage === undefined
      ? message.program && { message: message.program }
      : { messageProblem: wrongMessage }),
  };
}

const notBool = 'cel expression must evaluate to a bool';

function compile(
  environment: Environment,
  expression: string,
): { readonly program?: CelProgram; readonly problem?: string } {
  if (expression.trim() === '') return {};
  try {
    return { program: compileCel(environment, expression) };
  } catch (error) {
    if (error instanceof CelError) return { problem: error.message };
    throw error;
  }
}
