import { isJsonObject, type JsonObject } from '../json-value.ts';
import type { Schema } from '../schema.ts';
import { shareParameters } from './shared-parameters.ts';
import type { Method, OpenApiDocument, Operation, Parameter } from './types.ts';

/** `/openapi/v2`: all documents as one in the older format, for clients that know no other. */
export function documentV2(documents: readonly OpenApiDocument[]): JsonObject {
  const paths: Record<string, unknown> = {};
  const definitions: Record<string, unknown> = {};
  for (const document of documents) {
    for (const [path, { parameters, ...operations }] of Object.entries(document.paths)) {
      paths[path] = {
        ...Object.fromEntries(
          Object.entries(operations).map(([method, operation]) => [
            method,
            operationV2(method as Method, operation as Operation),
          ]),
        ),
        ...(parameters === undefined ? {} : { parameters: parameters.map(parameterV2) }),
      };
    }
    for (const [name, schema] of Object.entries(document.components.schemas ?? {})) {
      definitions[name] ??= schemaV2(schema);
    }
  }
  const shared = shareParameters(sortMembers(paths));
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.37' },
    paths: shared.paths,
    definitions: sortMembers(definitions),
    parameters: shared.parameters,
    securityDefinitions: {
      BearerToken: {
        description: 'Bearer Token authentication',
        type: 'apiKey',
        name: 'authorization',
        in: 'header',
      },
    },
    security: [{ BearerToken: [] }],
  };
}

function operationV2(method: Method, operation: Operation): JsonObject {
  const {
    tags,
    description,
    operationId,
    parameters = [],
    requestBody,
    responses,
    ...rest
  } = operation;
  const content = Object.values(responses).find((response) => response.content)?.content ?? {};
  const produced = inOrder(Object.keys(content));
  const body = Object.values(requestBody?.content ?? {})[0];
  const own = [
    ...(body === undefined
      ? []
      : [
          {
            name: 'body',
            in: 'body',
            ...(requestBody?.required === true ? { required: true } : {}),
            schema: schemaV2(body.schema),
          },
        ]),
    ...parameters.map(parameterV2),
  ];
  return {
    description,
    ...consumed(method, operation, produced),
    produces: produced,
    schemes: ['https'],
    tags,
    operationId,
    ...(own.length === 0 ? {} : { parameters: own }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([code, response]) => {
        const schema = Object.values(response.content ?? {})[0]?.schema;
        const { description: phrase } = response;
        return [
          code,
          schema === undefined
            ? { description: phrase }
            : { description: phrase, schema: schemaV2(schema) },
        ];
      }),
    ),
    ...mapMembers(rest, (member) => (isJsonObject(member) ? sortMembers(member) : member)),
  };
}

const protobuf = 'application/vnd.kubernetes.protobuf';

/** Media types as the older document lists them; others come first. */
const order = [
  'application/json',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'application/yaml',
  protobuf,
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
];

function inOrder(types: readonly string[]): readonly string[] {
  return types.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

/** Discovery and custom resources name what they answer with; who asks for keys sends nothing. */
function consumed(method: Method, operation: Operation, produced: readonly string[]): JsonObject {
  const { requestBody, operationId, tags } = operation;
  if (tags.includes('WellKnown') || tags.includes('openid')) return {};
  if (method === 'patch' && requestBody !== undefined) {
    return { consumes: inOrder(Object.keys(requestBody.content)) };
  }
  const isAlike = operationId.startsWith('get') || !produced.includes(protobuf);
  return {
    consumes: isAlike && produced.length > 0 && !produced.includes('*/*') ? produced : ['*/*'],
  };
}

function parameterV2({ name, in: place, description, required, schema }: Parameter): JsonObject {
  return {
    uniqueItems: true,
    type: schema.type,
    description,
    name,
    in: place,
    ...(required === undefined ? {} : { required }),
  };
}

/** The older format has neither defaults of Kubernetes' kind nor alternatives. */
function schemaV2(schema: Schema): unknown {
  return convert(schema, false);
}

function convert(value: unknown, isMap: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => convert(item, false));
  if (!isJsonObject(value)) return value;
  if (isMap) return mapMembers(value, (member) => convert(member, false));
  const { default: _, allOf, oneOf, anyOf, not: __, nullable: ___, ...others } = value;
  const { description, ...rest } = others;
  const either = oneOf ?? anyOf;
  const [wrapped] = Array.isArray(allOf) && allOf.length === 1 ? (allOf as unknown[]) : [];
  const merged = {
    ...(description === undefined ? {} : { description }),
    ...(isJsonObject(wrapped) ? wrapped : {}),
    ...(Array.isArray(either) && rest['type'] === undefined ? { type: 'string' } : {}),
    ...rest,
  };
  return Object.fromEntries(
    Object.entries(merged).map(([key, member]) => {
      if (key === '$ref' && typeof member === 'string') {
        return [key, member.replace('#/components/schemas/', '#/definitions/')];
      }
      return [key, key === 'enum' ? member : convert(member, key === 'properties')];
    }),
  );
}

function mapMembers(object: JsonObject, map: (member: unknown) => unknown): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, map(member)]));
}

function sortMembers(members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
