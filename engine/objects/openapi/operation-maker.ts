import type { ResourceDefinition } from '../resources.ts';
import type { GroupVersionKind } from '../schema.ts';
import type { Parameters } from './parameters.ts';
import type { Operation, Parameter, RequestBody, Response } from './types.ts';
import { capitalize, groupTag } from './names.ts';
import { respond } from './responses.ts';

/** What a group-version's paths need to know about it and its resources. */
export interface PathsOptions {
  readonly group: string;
  readonly version: string;
  readonly parameters: Parameters;
  /** `custom` resources are neither served nor sent as protobuf and take no strategic merge patch */
  readonly flavour: 'builtIn' | 'custom';
  /** name of a kind's schema among the document's */
  readonly schemaOf: (kind: GroupVersionKind) => string;
}

export interface OperationName {
  readonly kind: GroupVersionKind;
  readonly before?: string;
  readonly infix?: string;
  readonly list?: boolean;
  readonly subresource?: string;
  readonly after?: string;
  readonly everywhere?: boolean;
}

/** Makes the operations of one resource: their names, tags and media types. */
export class OperationMaker {
  readonly #resource: ResourceDefinition;
  readonly #options: PathsOptions;

  constructor(resource: ResourceDefinition, options: PathsOptions) {
    this.#resource = resource;
    this.#options = options;
  }

  get isCustom(): boolean {
    return this.#options.flavour === 'custom';
  }

  get self(): GroupVersionKind {
    const { group, version, kind } = this.#resource;
    return { group, version, kind };
  }

  schema(kind: GroupVersionKind): string {
    return this.#options.schemaOf(kind);
  }

  specified(subresource: string): string {
    const { kind } = this.#resource;
    return subresource === '' ? `the specified ${kind}` : `${subresource} of the specified ${kind}`;
  }

  operation(
    verb: string,
    action: string,
    description: string,
    name: OperationName,
    parts: {
      readonly parameters?: readonly Parameter[];
      readonly requestBody?: RequestBody;
      readonly responses: Readonly<Record<string, Response>>;
    },
  ): Operation {
    const { group, version } = this.#options;
    const tag = groupTag(group, version);
    // A custom resource's scale passes for the resource here.
    const { group: ofGroup, version: ofVersion, kind } = this.isCustom ? this.self : name.kind;
    return {
      tags: [tag.name],
      description,
      operationId: this.#operationId(verb, tag.id, name),
      ...parts,
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group: ofGroup, version: ofVersion, kind },
    };
  }

  #operationId(verb: string, tag: string, name: OperationName): string {
    const { namespaced, kind } = this.#resource;
    const everywhere = name.everywhere === true;
    const scope = namespaced && !everywhere ? 'Namespaced' : '';
    return [
      verb,
      tag,
      name.before,
      name.infix,
      scope,
      kind,
      name.list === true ? 'List' : '',
      capitalize(name.subresource ?? ''),
      name.after,
      everywhere ? 'ForAllNamespaces' : '',
    ].join('');
  }

  get mediaTypes(): readonly string[] {
    return this.isCustom
      ? ['application/json', 'application/yaml']
      : ['application/json', 'application/vnd.kubernetes.protobuf', 'application/yaml'];
  }

  get bodyTypes(): readonly string[] {
    return this.isCustom ? this.mediaTypes : ['*/*'];
  }

  responses(codes: readonly string[], schema: string): Readonly<Record<string, Response>> {
    return respond(codes, this.mediaTypes, { $ref: `#/components/schemas/${schema}` });
  }

  /** Responses of what can also be watched. */
  streamed(schema: string): Readonly<Record<string, Response>> {
    const streams = this.isCustom
      ? []
      : ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
    const types = [...this.mediaTypes, ...streams].toSorted();
    return respond(['200'], types, { $ref: `#/components/schemas/${schema}` });
  }
}
