/**
 * Schemas of Kubernetes objects as OpenAPI v3 has them, with Kubernetes' extensions. Built-in kinds
 * and custom resources share the type: built-in schemas refer to each other with `$ref`,
 * structural schemas of CRDs are whole.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
 */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: SchemaType;
  readonly format?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly externalDocs?: { readonly description?: string; readonly url: string };
  readonly example?: unknown;
  /** how Go reads and prints the struct of a built-in type (generate/definitions/fields.go); not part of OpenAPI */
  readonly 'x-go-fields'?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
  /** `atomic` lists are replaced whole, `set` holds unique scalars, `map` is keyed by `x-kubernetes-list-map-keys` */
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular';
  /** strategies of strategic merge patches: `merge`, `replace`, `retainKeys`, comma-separated */
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-unions'?: readonly unknown[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[];
}

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

export interface GroupVersionKind {
  /** empty for the core group */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A CEL rule of a structural schema. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

/** Schemas by name: `io.k8s.api.core.v1.PodSpec`. */
export type Definitions = Readonly<Record<string, Schema>>;

const prefix = '#/components/schemas/';

/**
 * The schema a node stands for: follows `$ref`, also where it is wrapped in an `allOf` so that it
 * can have a description or default of its own beside it.
 */
export function resolveSchema(definitions: Definitions, schema: Schema): Schema {
  const reference = schema.$ref ?? (schema.allOf?.length === 1 ? schema.allOf[0]?.$ref : undefined);
  if (reference === undefined) return schema;
  const target = definitions[reference.slice(prefix.length)];
  if (target === undefined) throw new Error(`no schema ${reference}`);
  return resolveSchema(definitions, target);
}
