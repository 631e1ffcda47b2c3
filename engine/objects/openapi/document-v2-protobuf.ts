import { goJson } from '../go-text.ts';
import { isJsonObject, type JsonObject } from '../json-value.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/**
 * `/openapi/v2` in protobuf, which is all kubectl asks for. What the format has no field for is YAML in
 * it; JSON is that, too. https://github.com/google/gnostic-models/blob/main/openapiv2/OpenAPIv2.proto
 */
export function documentV2Protobuf(document: JsonObject): Uint8Array {
  const writer = new ProtobufWriter();
  writer.text(1, document['swagger']);
  writer.message(2, (info) => {
    const { title, version } = objectOf(document['info']);
    info.text(1, title);
    info.text(2, version);
  });
  writer.message(8, (paths) => named(paths, 2, document['paths'], pathItem));
  writer.message(9, (definitions) => named(definitions, 1, document['definitions'], schema));
  writer.message(10, (parameters) => named(parameters, 1, document['parameters'], parameter));
  for (const requirement of listOf(document['security'])) {
    writer.message(12, (security) =>
      named(security, 1, requirement, (scopes, values) => values.texts(1, scopes)),
    );
  }
  writer.message(13, (definitions) =>
    named(definitions, 1, document['securityDefinitions'], (given, item) =>
      item.message(2, (apiKey) => {
        const { type, name, in: place, description } = objectOf(given);
        apiKey.text(1, type);
        apiKey.text(2, name);
        apiKey.text(3, place);
        apiKey.text(4, description);
      }),
    ),
  );
  return writer.bytes;
}

type Write = (value: unknown, writer: ProtobufWriter) => void;

function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Members of an object, each as a message of its name and its value. */
function named(writer: ProtobufWriter, field: number, object: unknown, write: Write): void {
  for (const [name, value] of Object.entries(objectOf(object))) {
    writer.message(field, (entry) => {
      entry.text(1, name);
      entry.message(2, (inner) => write(value, inner));
    });
  }
}

const any: Write = (value, writer) => writer.text(2, goJson(value));

function extensions(writer: ProtobufWriter, field: number, object: JsonObject): void {
  const own = Object.entries(object).filter(([key]) => key.startsWith('x-'));
  named(writer, field, Object.fromEntries(own), any);
}

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'];

const pathItem: Write = (given, writer) => {
  const item = objectOf(given);
  for (const [index, method] of methods.entries()) {
    const found = item[method];
    if (found !== undefined) writer.message(index + 2, (inner) => operation(found, inner));
  }
  for (const each of listOf(item['parameters'])) {
    writer.message(9, (inner) => parameterOrReference(each, inner));
  }
};

const operation: Write = (given, writer) => {
  const { tags, description, operationId, produces, consumes, parameters, responses, ...rest } =
    objectOf(given);
  writer.texts(1, tags);
  writer.text(3, description);
  writer.text(5, operationId);
  writer.texts(6, produces);
  writer.texts(7, consumes);
  for (const each of listOf(parameters))
    writer.message(8, (inner) => parameterOrReference(each, inner));
  writer.message(9, (codes) =>
    named(codes, 1, responses, (answer, value) =>
      value.message(1, (inner) => response(answer, inner)),
    ),
  );
  writer.texts(10, rest['schemes']);
  extensions(writer, 13, rest);
};

const response: Write = (given, writer) => {
  const { description, schema: content } = objectOf(given);
  writer.text(1, description);
  if (content === undefined) return;
  writer.message(2, (item) => item.message(1, (inner) => schema(content, inner)));
};

/** Numbers of the kinds of parameters that are no body. */
const places: Readonly<Record<string, number>> = { header: 1, query: 3, path: 4 };

/** A parameter, or the name of one that is said elsewhere. */
const parameterOrReference: Write = (given, writer) => {
  const { $ref } = objectOf(given);
  if ($ref === undefined) writer.message(1, (inner) => parameter(given, inner));
  else writer.message(2, (reference) => reference.text(1, $ref));
};

const parameter: Write = (given, writer) => {
  const {
    name,
    in: place,
    description,
    required,
    type,
    uniqueItems,
    schema: body,
  } = objectOf(given);
  if (place === 'body') {
    writer.message(1, (inner) => {
      inner.text(1, description);
      inner.text(2, name);
      inner.text(3, place);
      inner.flag(4, required);
      inner.message(5, (content) => schema(body, content));
    });
    return;
  }
  const kind = places[String(place)] ?? 3;
  // Those of queries can also be empty, which moves what comes behind.
  const shift = kind === 3 ? 1 : 0;
  writer.message(2, (plain) =>
    plain.message(kind, (inner) => {
      inner.flag(1, required);
      inner.text(2, place);
      inner.text(3, description);
      inner.text(4, name);
      inner.text(5 + shift, type);
      inner.flag(19 + shift, uniqueItems);
    }),
  );
};

/** Fields of a schema by the form they are written in. */
const plainFields: readonly (readonly [string, number, 'text' | 'double' | 'flag' | 'whole'])[] = [
  ['multipleOf', 6, 'double'],
  ['maximum', 7, 'double'],
  ['exclusiveMaximum', 8, 'flag'],
  ['minimum', 9, 'double'],
  ['exclusiveMinimum', 10, 'flag'],
  ['maxLength', 11, 'whole'],
  ['minLength', 12, 'whole'],
  ['pattern', 13, 'text'],
  ['maxItems', 14, 'whole'],
  ['minItems', 15, 'whole'],
  ['uniqueItems', 16, 'flag'],
  ['maxProperties', 17, 'whole'],
  ['minProperties', 18, 'whole'],
];

const schema: Write = (given, writer) => {
  const own = objectOf(given);
  const { additionalProperties, default: standard, example, externalDocs, items } = own;
  for (const [index, key] of ['$ref', 'format', 'title', 'description'].entries()) {
    writer.text(index + 1, own[key]);
  }
  if (standard !== undefined) writer.message(5, (inner) => any(standard, inner));
  for (const [key, field, form] of plainFields) writer[form](field, own[key]);
  writer.texts(19, own['required']);
  for (const value of listOf(own['enum'])) writer.message(20, (inner) => any(value, inner));
  if (additionalProperties !== undefined) {
    writer.message(21, (inner) => {
      inner.flag(2, additionalProperties);
      if (isJsonObject(additionalProperties)) {
        inner.message(1, (content) => schema(additionalProperties, content));
      }
    });
  }
  if (own['type'] !== undefined) writer.message(22, (inner) => inner.text(1, own['type']));
  if (items !== undefined) {
    writer.message(23, (inner) => inner.message(1, (content) => schema(items, content)));
  }
  if (own['properties'] !== undefined) {
    writer.message(25, (inner) => named(inner, 1, own['properties'], schema));
  }
  if (externalDocs !== undefined) {
    writer.message(29, (inner) => {
      const { description, url } = objectOf(externalDocs);
      inner.text(1, description);
      inner.text(2, url);
    });
  }
  if (example !== undefined) writer.message(30, (inner) => any(example, inner));
  extensions(writer, 31, own);
};
