import type { ResourceDefinition, SubresourceDefinition } from '../resources.ts';
import type { GroupVersionKind } from '../schema.ts';
import { namespaceParameter, pathParameter, pretty, sortParameters } from './parameters.ts';
import { capitalize, groupVersionPath, withArticle } from './names.ts';
import { OperationMaker, type OperationName, type PathsOptions } from './operation-maker.ts';
import { bodyOf, textResponses } from './responses.ts';
import type { Method, Operation, Parameter, PathItem } from './types.ts';

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Kinds whose deletion answers with the object that was deleted, not with a Status. */
const returnedWhenDeleted: ReadonlySet<string> = new Set([
  'CSIDriver',
  'CSINode',
  'DeviceClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceClaim',
  'ResourceClaimTemplate',
  'ResourceQuota',
  'ResourceSlice',
  'Service',
  'ServiceAccount',
  'StorageClass',
  'VolumeAttachment',
  'VolumeAttributesClass',
]);

/** All paths of a resource and its subresources, as the API server documents them. */
export function resourcePaths(
  resource: ResourceDefinition,
  options: PathsOptions,
): Readonly<Record<string, PathItem>> {
  return new ResourcePaths(resource, options).build();
}

type Operations = Partial<Record<Method, Operation>>;

class ResourcePaths {
  readonly #resource: ResourceDefinition;
  readonly #options: PathsOptions;
  readonly #make: OperationMaker;
  readonly #paths: Record<string, PathItem> = {};

  constructor(resource: ResourceDefinition, options: PathsOptions) {
    this.#resource = resource;
    this.#options = options;
    this.#make = new OperationMaker(resource, options);
  }

  build(): Readonly<Record<string, PathItem>> {
    const { namespaced, plural, subresources, verbs } = this.#resource;
    const base = groupVersionPath(this.#options);
    const home = namespaced ? `${base}/namespaces/{namespace}/${plural}` : `${base}/${plural}`;
    this.#add(home, this.#collection());
    this.#add(`${home}/{name}`, this.#item());
    if (namespaced && verbs.includes('list')) {
      this.#add(`${base}/${plural}`, { get: this.#list(true) }, false);
    }
    if (verbs.includes('watch')) this.#addWatches(base);
    for (const subresource of subresources) this.#addSubresource(home, subresource);
    return this.#paths;
  }

  #collection(): Operations {
    const { verbs, kind } = this.#resource;
    const options = this.#options.parameters;
    return {
      ...(verbs.includes('list') ? { get: this.#list(false) } : {}),
      ...(verbs.includes('create')
        ? {
            post: this.#write('post', 'create', `create ${withArticle(kind)}`, this.#make.self),
          }
        : {}),
      ...(verbs.includes('deletecollection')
        ? {
            delete: this.#make.operation(
              'delete',
              'deletecollection',
              `delete collection of ${kind}`,
              { kind: this.#make.self, infix: 'Collection' },
              {
                ...(this.#make.isCustom
                  ? { parameters: options.list() }
                  : {
                      parameters: mergeParameters(options.list(), options.delete()).filter(
                        ({ name }) => name !== 'allowWatchBookmarks' && name !== 'watch',
                      ),
                      requestBody: bodyOf(`${meta}.DeleteOptions`, false, this.#make.bodyTypes),
                    }),
                responses: this.#make.responses(['200'], `${meta}.Status`),
              },
            ),
          }
        : {}),
    };
  }

  #item(): Operations {
    const { verbs, kind } = this.#resource;
    const deleted =
      !this.#make.isCustom && returnedWhenDeleted.has(kind)
        ? this.#make.schema(this.#make.self)
        : `${meta}.Status`;
    return {
      ...(verbs.includes('get') ? this.#get('', this.#make.self) : {}),
      ...(verbs.includes('update') ? this.#put('', this.#make.self) : {}),
      ...(verbs.includes('delete')
        ? {
            delete: this.#make.operation(
              'delete',
              'delete',
              `delete ${withArticle(kind)}`,
              { kind: this.#make.self },
              {
                parameters: this.#options.parameters.delete(),
                requestBody: bodyOf(`${meta}.DeleteOptions`, false, this.#make.bodyTypes),
                responses: this.#make.responses(['200', '202'], deleted),
              },
            ),
          }
        : {}),
      ...(verbs.includes('patch') ? this.#patch('', this.#make.self) : {}),
    };
  }

  #addSubresource(home: string, { name, verbs, kind, ...own }: SubresourceDefinition): void {
    const { group, version } = this.#resource;
    const of = { group: own.group ?? group, version: own.version ?? version, kind };
    const path = `${home}/{name}/${name}`;
    if (kind.endsWith('Options')) {
      this.#add(path, this.#connections(name, of, verbs.includes('delete'), ''), true, false);
      if (name === 'proxy') {
        const operations = this.#connections(name, of, true, 'WithPath');
        const extra = [pathParameter('path', 'path to the resource')];
        this.#add(`${path}/{path}`, operations, true, false, extra);
      }
      return;
    }
    if (name === 'log') {
      this.#add(path, { get: this.#log() });
      return;
    }
    this.#add(path, {
      ...(verbs.includes('get') ? this.#get(name, of) : {}),
      ...(verbs.includes('update') ? this.#put(name, of) : {}),
      ...(verbs.includes('create')
        ? {
            post: this.#write(
              'post',
              'create',
              `create ${name} of ${withArticle(this.#resource.kind)}`,
              of,
              name,
            ),
          }
        : {}),
      ...(verbs.includes('patch') ? this.#patch(name, of) : {}),
    });
  }

  #connections(name: string, of: GroupVersionKind, isProxy: boolean, suffix: string): Operations {
    const methods: readonly Method[] = isProxy
      ? ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
      : ['get', 'post'];
    return Object.fromEntries(
      methods.map((method) => [
        method,
        this.#make.operation(
          'connect',
          'connect',
          `connect ${method.toUpperCase()} requests to ${name} of ${this.#resource.kind}`,
          { kind: of, before: capitalize(method), subresource: name, after: suffix },
          {
            parameters: this.#options.parameters.connect(of.kind),
            responses: textResponses(['*/*']),
          },
        ),
      ]),
    );
  }

  #log(): Operation {
    return this.#make.operation(
      'read',
      'get',
      `read log of the specified ${this.#resource.kind}`,
      { kind: this.#make.self, subresource: 'log' },
      {
        parameters: this.#options.parameters.connect('PodLogOptions'),
        responses: textResponses([...this.#make.mediaTypes, 'text/plain']),
      },
    );
  }

  #list(everywhere: boolean): Operation {
    const { kind, verbs } = this.#resource;
    const isWatched = verbs.includes('watch') && !this.#make.isCustom;
    const what = isWatched ? 'list or watch' : 'list';
    return this.#make.operation(
      'list',
      'list',
      `${what} objects of kind ${kind}`,
      { kind: this.#make.self, everywhere },
      {
        parameters: this.#options.parameters.list(),
        responses: this.#make.streamed(
          this.#make.schema({ ...this.#make.self, kind: `${kind}List` }),
        ),
      },
    );
  }

  #get(subresource: string, of: GroupVersionKind): Operations {
    const specified = this.#make.specified(subresource);
    return {
      get: this.#make.operation(
        'read',
        'get',
        `read ${specified}`,
        { kind: of, subresource },
        {
          ...(this.#make.isCustom
            ? {
                parameters: this.#options.parameters
                  .list()
                  .filter(({ name }) => name === 'resourceVersion'),
              }
            : {}),
          responses: this.#make.responses(['200'], this.#make.schema(of)),
        },
      ),
    };
  }

  #put(subresource: string, of: GroupVersionKind): Operations {
    const description = `replace ${this.#make.specified(subresource)}`;
    return { put: this.#write('put', 'replace', description, of, subresource) };
  }

  #patch(subresource: string, of: GroupVersionKind): Operations {
    const types = ['apply-patch+yaml', 'json-patch+json', 'merge-patch+json'];
    if (!this.#make.isCustom) types.push('strategic-merge-patch+json');
    const schema = { $ref: `#/components/schemas/${meta}.Patch` };
    return {
      patch: this.#make.operation(
        'patch',
        'patch',
        `partially update ${this.#make.specified(subresource)}`,
        { kind: of, subresource },
        {
          parameters: this.#options.parameters.patch(),
          requestBody: {
            content: Object.fromEntries(types.map((type) => [`application/${type}`, { schema }])),
            required: true,
          },
          responses: this.#make.responses(
            this.#make.isCustom ? ['200'] : ['200', '201'],
            this.#make.schema(of),
          ),
        },
      ),
    };
  }

  #write(
    action: 'post' | 'put',
    verb: string,
    description: string,
    of: GroupVersionKind,
    subresource = '',
  ): Operation {
    return this.#make.operation(
      verb,
      action,
      description,
      { kind: of, subresource },
      {
        parameters: this.#options.parameters.create(),
        requestBody: bodyOf(this.#make.schema(of), true, this.#make.bodyTypes),
        responses: this.#make.responses(
          action === 'post' ? ['200', '201', '202'] : ['200', '201'],
          this.#make.schema(of),
        ),
      },
    );
  }

  #addWatches(base: string): void {
    const { namespaced, plural, kind } = this.#resource;
    if (this.#make.isCustom) return;
    const deprecated = "deprecated: use the 'watch' parameter with a list operation instead";
    const operation = (action: string, description: string, name: Partial<OperationName>) =>
      this.#make.operation(
        'watch',
        action,
        description,
        { kind: this.#make.self, ...name },
        {
          parameters: this.#options.parameters.list(),
          responses: this.#make.streamed(`${meta}.WatchEvent`),
        },
      );
    const listed = `watch individual changes to a list of ${kind}. ${deprecated}.`;
    const one = `watch changes to an object of kind ${kind}. ${deprecated}, filtered to a single item with the 'fieldSelector' parameter.`;
    const home = namespaced
      ? `${base}/watch/namespaces/{namespace}/${plural}`
      : `${base}/watch/${plural}`;
    this.#add(home, { get: operation('watchlist', listed, { list: true }) });
    this.#add(`${home}/{name}`, { get: operation('watch', one, {}) });
    if (namespaced) {
      const get = operation('watchlist', listed, { list: true, everywhere: true });
      this.#add(`${base}/watch/${plural}`, { get }, false);
    }
  }

  /** Parameters that all operations of a path take are said once, beside them. */
  #add(
    path: string,
    operations: Operations,
    inNamespace = true,
    isPretty = true,
    extra: readonly Parameter[] = [],
  ): void {
    const entries = Object.entries(operations) as [Method, Operation][];
    if (entries.length === 0) return;
    const { namespaced, kind } = this.#resource;
    const own: Parameter[] = [...(isPretty ? [pretty] : []), ...extra];
    if (namespaced && inNamespace) own.push(namespaceParameter);
    if (path.includes('{name}')) {
      own.push(pathParameter('name', `name of the ${this.#nameOwner(path, kind)}`));
    }
    const isCommon = ({ name, in: place }: Parameter) =>
      entries.every(([, { parameters = [] }]) =>
        parameters.some((each) => each.name === name && each.in === place),
      );
    const [first] = entries;
    const shared = (first?.[1].parameters ?? []).filter(isCommon);
    const items = entries.map(([method, operation]) => {
      const { parameters = [], ...rest } = operation;
      const left = parameters.filter((each) => !isCommon(each));
      return [method, insertParameters(rest, left)] as const;
    });
    this.#paths[path] = {
      ...Object.fromEntries(items),
      parameters: sortParameters([...shared, ...own]),
    };
  }

  /** Subresources of another kind than their parent name that kind. */
  #nameOwner(path: string, kind: string): string {
    const subresource = /\{name\}\/([^/]+)/.exec(path)?.[1];
    const of = this.#resource.subresources.find(({ name }) => name === subresource);
    return this.#make.isCustom ? kind : (of?.kind ?? kind);
  }
}

function mergeParameters(
  first: readonly Parameter[],
  second: readonly Parameter[],
): readonly Parameter[] {
  const names = new Set(first.map(({ name }) => name));
  return [...first, ...second.filter(({ name }) => !names.has(name))];
}

/** Puts parameters where documents have them: before the body. */
function insertParameters(operation: Operation, parameters: readonly Parameter[]): Operation {
  if (parameters.length === 0) return operation;
  const { tags, description, operationId, ...rest } = operation;
  return { tags, description, operationId, parameters: sortParameters(parameters), ...rest };
}
