import type { GroupVersionKind, Schema } from '../schema.ts';

/** The parts of an OpenAPI v3 document that the API server uses, in the order it prints them. */
export interface OpenApiDocument {
  readonly openapi: '3.0.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly securitySchemes?: Readonly<Record<string, unknown>>;
  };
}

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch';

export type PathItem = { readonly [method in Method]?: Operation } & {
  readonly parameters?: readonly Parameter[];
};

export interface Operation {
  readonly tags: readonly string[];
  readonly description: string;
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: RequestBody;
  readonly responses: Readonly<Record<string, Response>>;
  readonly 'x-kubernetes-action'?: string;
  readonly 'x-kubernetes-group-version-kind'?: GroupVersionKind;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly description: string;
  readonly required?: true;
  readonly schema: { readonly type: string; readonly uniqueItems: true };
}

/** Content by media type. */
type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface RequestBody {
  readonly content: Content;
  readonly required?: true;
}

export interface Response {
  readonly description: string;
  readonly content?: Content;
}
