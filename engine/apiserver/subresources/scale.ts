import type { HttpResponse } from '../../api/http-message.ts';
import { parentManagedFields, scaleManagedFields } from '../../objects/apply/scale-fields.ts';
import { readApplyBody } from '../../objects/apply/apply-body.ts';
import { formatLabelSelector, labelSelectorOf } from '../../objects/selectors/label-selector.ts';
import type { LabelSelector } from '../../objects/generated/meta-v1.generated.ts';
import {
  badRequest,
  conflict,
  internalError,
  notFound,
} from '../../objects/status/status-error.ts';
import { invalidObject } from '../../objects/validation/field-error.ts';
import { Place } from '../../objects/validation/place.ts';
import { PATCH_TYPES, APPLY_TYPE } from '../handlers/patch-handler.ts';
import {
  attributes,
  outputFormat,
  pathName,
  writeContext,
  type ResourceRequest,
} from '../handlers/resource-request.ts';
import { optionsObject, readObject, writeOf } from '../handlers/write-handlers.ts';
import { fieldAt, withMetadata, type ApiObject } from '../registry/api-object.ts';
import { getObject } from '../registry/read.ts';
import {
  apiVersionOf,
  qualifiedResource,
  served,
  type ScalePaths,
  type ServedResource,
  type StoredResource,
} from '../registry/served-resource.ts';
import { LOCK_MESSAGE, updateObject } from '../registry/update.ts';
import { representationFor } from '../representation/encoder.ts';
import { readBody } from '../request/body.ts';
import { parseWriteOptions, type WriteOptions } from '../request/options.ts';
import { encodedResponse } from '../request/responses.ts';

const BUILT_IN: ScalePaths = {
  replicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

const SCALE = { group: 'autoscaling', name: 'Scale' };

function selectorText(selector: unknown, kind: string): string {
  if (typeof selector === 'string') return selector;
  if (selector === undefined) return '';
  // Replication controllers select by plain labels.
  const object: LabelSelector =
    kind === 'ReplicationController'
      ? { matchLabels: selector as Readonly<Record<string, string>> }
      : (selector as LabelSelector);
  return formatLabelSelector(labelSelectorOf(object));
}

/** The `Scale` of an object: its number of replicas, whatever its kind. */
function scaleOf(object: ApiObject, paths: ScalePaths): ApiObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, managedFields } =
    object.metadata;
  const replicas = fieldAt(object, paths.replicas);
  if (replicas === undefined && paths.required !== undefined)
    throw internalError(
      new Error(`the spec replicas field ${JSON.stringify(paths.required)} does not exist`),
    );
  const running = fieldAt(object, paths.statusReplicas);
  const selector =
    paths.selector === undefined ? '' : selectorText(fieldAt(object, paths.selector), object.kind);
  const scaled = scaleManagedFields(managedFields ?? [], paths.replicas);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(scaled.length === 0 ? {} : { managedFields: scaled }),
    },
    spec: replicas === undefined || replicas === 0 ? {} : { replicas },
    status: { replicas: running ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

function pathsOf({ scale }: StoredResource): ScalePaths {
  return scale ?? BUILT_IN;
}

function setAt(object: ApiObject, path: readonly string[], value: unknown): ApiObject {
  const [first = '', ...rest] = path;
  const inner = fieldAt(object, [first]);
  const next = rest.length === 0 ? value : setAt((inner ?? {}) as ApiObject, rest, value);
  return { ...object, [first]: next };
}

function check(scale: ApiObject, name: string): number {
  const replicas = fieldAt(scale, ['spec', 'replicas']) ?? 0;
  if (typeof replicas === 'number' && replicas >= 0) return replicas;
  const at = Place.root().child('spec').child('replicas');
  at.invalid(replicas, 'must be greater than or equal to 0');
  throw invalidObject(SCALE, name, at.errors);
}

/** `scale` of kinds that have replicas: read, replaced, patched, applied. */
export class ScaleHandler {
  readonly #body: ServedResource;

  /** @param body Scale of autoscaling/v1 */
  constructor(body: ServedResource) {
    this.#body = body;
  }

  async get(request: ResourceRequest): Promise<HttpResponse> {
    const { resource, namespace, context } = request;
    const version = context.parameters.text('resourceVersion');
    const stored = await getObject(resource, namespace, pathName(request), version);
    return this.#response(request, scaleOf(served(resource, stored), pathsOf(resource)));
  }

  async update(request: ResourceRequest): Promise<HttpResponse> {
    const options = parseWriteOptions(request.context.parameters, 'UpdateOptions');
    const given = await readObject(request.context, this.#body, options);
    return this.#write(request, options, async (scale) => {
      const manager = await this.#body.kind.fieldManager('scale');
      return manager.update(given, writeOf(request, options, scale)) as ApiObject;
    });
  }

  async patch(request: ResourceRequest): Promise<HttpResponse> {
    const { context } = request;
    const mediaType = (context.request.headers.get('content-type') ?? '').split(';', 1)[0] ?? '';
    const apply = mediaType === APPLY_TYPE;
    const options = parseWriteOptions(context.parameters, 'PatchOptions', apply);
    const bytes = await readBody(context);
    const { kind } = this.#body;
    return this.#write(request, options, async (scale) => {
      const manager = await kind.fieldManager('scale');
      const write = writeOf(request, options, scale);
      if (apply) {
        const { configuration } = readApplyBody(bytes, options.fieldValidation);
        return manager.apply(configuration, { ...write, force: options.force }) as ApiObject;
      }
      const type = PATCH_TYPES[mediaType];
      if (type === undefined) throw badRequest(`unknown patch type ${mediaType}`);
      const { object, warnings } = await kind.patch(type, bytes, scale, options.fieldValidation);
      for (const warning of warnings) context.warn(warning);
      return manager.update(object, write) as ApiObject;
    });
  }

  async #write(
    request: ResourceRequest,
    options: WriteOptions,
    change: (scale: ApiObject) => Promise<ApiObject>,
  ): Promise<HttpResponse> {
    const { resource, namespace, services } = request;
    const name = pathName(request);
    const paths = pathsOf(resource);
    const about = (
      object: ApiObject,
      old: ApiObject,
    ): Parameters<typeof services.admission.validate>[0] => ({
      ...attributes(request, 'UPDATE', {
        name,
        object,
        old,
        options: optionsObject('UpdateOptions', options),
        dryRun: options.dryRun,
      }),
      body: this.#body,
    });
    let scaled: { readonly object: ApiObject; readonly old: ApiObject } | undefined;
    const next = async (current: ApiObject | undefined): Promise<ApiObject> => {
      if (current === undefined) throw notFound(qualifiedResource(resource), name);
      const old = scaleOf(current, paths);
      const given = await change(old);
      const { resourceVersion = '', uid = '' } = given.metadata;
      if (given.metadata.name !== name)
        throw badRequest(
          `the name of the object (${given.metadata.name ?? ''}) does not match the name on the URL (${name})`,
        );
      if (resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion)
        throw conflict(qualifiedResource(resource), name, LOCK_MESSAGE);
      if (uid !== '' && uid !== current.metadata.uid)
        throw conflict(
          qualifiedResource(resource),
          name,
          `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid ?? ''}`,
        );
      const object = (await services.admission.mutate(about(given, old))) ?? given;
      // What a custom resource may not be is said of itself.
      const replicas = resource.custom
        ? (fieldAt(object, ['spec', 'replicas']) ?? 0)
        : check(object, name);
      scaled = { object, old };
      const managed = parentManagedFields(
        current.metadata.managedFields ?? [],
        object.metadata.managedFields ?? [],
        paths.replicas,
        apiVersionOf(resource),
      );
      return withMetadata(setAt(current, paths.replicas, replicas), {
        managedFields: managed.length === 0 ? undefined : managed,
      });
    };
    const write = writeContext(request, options.dryRun, async () => {
      if (scaled !== undefined) await services.admission.validate(about(scaled.object, scaled.old));
    });
    const { stored } = await updateObject(resource, write, {
      namespace,
      name,
      subresource: '',
      allowCreate: false,
      next,
    });
    return this.#response(request, scaleOf(served(resource, stored), pathsOf(resource)));
  }

  #response(request: ResourceRequest, whole: ApiObject): HttpResponse {
    const { context, services, resource } = request;
    // Upstream keeps to itself who has scaled a custom resource.
    const scale = resource.custom ? withMetadata(whole, { managedFields: undefined }) : whole;
    const format = outputFormat(request);
    const now = (): number => services.clock.now();
    const shape = representationFor(this.#body, format, context.parameters, now, false);
    return encodedResponse(200, shape.shape(scale), format);
  }
}
