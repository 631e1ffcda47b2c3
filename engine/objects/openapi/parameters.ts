import type { Definitions } from '../schema.ts';
import type { Parameter } from './types.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const core = 'io.k8s.api.core.v1';

/** Query parameters come from options types, whose fields they are. */
export class Parameters {
  readonly #definitions: Definitions;

  /** `definitions` must hold the options types of meta/v1, and of core/v1 for connections. */
  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  list(): readonly Parameter[] {
    return this.#optionsOf(`${meta}.ListOptions`);
  }

  delete(): readonly Parameter[] {
    return this.#optionsOf(`${meta}.DeleteOptions`);
  }

  create(): readonly Parameter[] {
    return this.#optionsOf(`${meta}.CreateOptions`);
  }

  patch(): readonly Parameter[] {
    return this.#optionsOf(`${meta}.PatchOptions`);
  }

  /** Options of a connection, such as `PodExecOptions`. */
  connect(kind: string): readonly Parameter[] {
    return this.#optionsOf(`${core}.${kind}`);
  }

  #optionsOf(definition: string): readonly Parameter[] {
    const properties = this.#definitions[definition]?.properties ?? {};
    return (
      Object.entries(properties)
        // Structs are no parameters.
        .filter(([, { type }]) => type !== undefined)
        .filter(([name]) => name !== 'apiVersion' && name !== 'kind')
        .map(([name, property]) => {
          // A list is given by repeating the parameter.
          const { description = '', type, items } = property;
          return queryParameter(name, description, type === 'array' ? items?.type : type);
        })
    );
  }
}

function queryParameter(name: string, description: string, type = 'string'): Parameter {
  return { name, in: 'query', description, schema: { type, uniqueItems: true } };
}

export function pathParameter(name: string, description: string): Parameter {
  return {
    name,
    in: 'path',
    description,
    required: true,
    schema: { type: 'string', uniqueItems: true },
  };
}

export const pretty = queryParameter(
  'pretty',
  "If 'true', then the output is pretty printed. Defaults to 'false' unless the user-agent indicates a browser or command-line HTTP tool (curl and wget).",
);

export const namespaceParameter = pathParameter(
  'namespace',
  'object name and auth scope, such as for teams and projects',
);

/** As documents list them: by name, paths before queries of the same name. */
export function sortParameters(parameters: readonly Parameter[]): readonly Parameter[] {
  const keyOf = ({ name, in: place }: Parameter) => `${name} ${place}`;
  return parameters.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}
