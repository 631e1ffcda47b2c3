import type { Environment } from '@marcbachmann/cel-js';
import { celEnvironment } from '../cel/environment.ts';
import { addObjects } from '../cel/library/objects.ts';
import { declareType, type SchemaType } from '../custom/rules/schema-type.ts';
import type { JsonObject } from '../json-value.ts';
import type { Schema } from '../schema.ts';

/**
 * What expressions of admission policies and of webhooks' conditions see.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export interface ExpressionScope {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** types of the policy's variables so far, by name; undefined if it has none at all */
  readonly variables?: ReadonlyMap<string, string> | undefined;
}

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const whole: Schema = { type: 'integer' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const map = (additionalProperties: Schema): Schema => ({ type: 'object', additionalProperties });
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
});
const anything: Schema = { 'x-kubernetes-int-or-string': true };

const kindOf = object({ group: text, version: text, kind: text });
const resourceOf = object({ group: text, version: text, resource: text });

const request = object({
  kind: kindOf,
  resource: resourceOf,
  subResource: text,
  requestKind: kindOf,
  requestResource: resourceOf,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: object({ username: text, uid: text, groups: list(text), extra: map(list(text)) }),
  dryRun: { type: 'boolean' },
  options: anything,
});

const namespace = object({
  metadata: object({
    name: text,
    generateName: text,
    namespace: text,
    labels: map(text),
    annotations: map(text),
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: whole,
    deletionTimestamp: time,
    generation: whole,
    resourceVersion: text,
    finalizers: list(text),
  }),
  spec: object({ finalizers: list(text) }),
  status: object({
    conditions: list(
      object({ status: text, type: text, lastTransitionTime: time, message: text, reason: text }),
    ),
    phase: text,
  }),
});

interface Common {
  readonly environment: Environment;
  readonly request: SchemaType | undefined;
  readonly namespace: SchemaType | undefined;
}

let made: Common | undefined;

function common(): Common {
  if (made !== undefined) return made;
  const environment = celEnvironment();
  const declare = (name: string, schema: Schema, type: string): SchemaType | undefined => {
    const declared = declareType(environment, schema, type);
    environment.registerVariable(name, type);
    return declared;
  };
  made = {
    environment,
    request: declare('request', request, 'kubernetes.AdmissionRequest'),
    namespace: declare('namespaceObject', namespace, 'kubernetes.Namespace'),
  };
  environment.registerVariable('object', 'dyn').registerVariable('oldObject', 'dyn');
  return made;
}

/** The value of `request`. @param given `AdmissionRequest` without its objects and what is empty */
export function requestValue(given: JsonObject): unknown {
  return common().request?.convert(given);
}

/** The value of `namespaceObject`, which is null for what is in no namespace. */
export function namespaceValue(given: JsonObject | undefined): unknown {
  const type = common().namespace;
  if (given === undefined) return type?.convert(null);
  const { metadata } = given;
  // What is left out of the specification is out of sight, but for this name.
  const { uid, ...rest } = metadata as JsonObject;
  return type?.convert({ ...given, metadata: { ...rest, UID: uid } });
}

/** The same for expressions that say what is to be changed, to be compiled after `withObjectCalls`. */
export function mutationEnvironment(scope: ExpressionScope): Environment {
  const environment = expressionEnvironment(scope);
  addObjects(environment);
  return environment;
}

class Variables {}

/** The value of `variables`: what a function throws, whoever asks for its variable throws. */
export function variablesValue(variables: ReadonlyMap<string, () => unknown>): unknown {
  const value = new Variables();
  for (const [name, get] of variables)
    Object.defineProperty(value, name, { get, enumerable: true, configurable: true });
  return value;
}

export function expressionEnvironment(scope: ExpressionScope): Environment {
  const environment = common().environment.clone();
  if (scope.hasParams) environment.registerVariable('params', 'dyn');
  if (scope.hasAuthorizer) {
    environment.registerVariable('authorizer', 'kubernetes.authorization.Authorizer');
  }
  if (scope.variables) {
    const type = 'kubernetes.variables';
    const fields = Object.fromEntries(scope.variables);
    environment.registerType(type, { ctor: Variables, fields });
    environment.registerVariable('variables', type);
  }
  return environment;
}
