import { convert } from '../../objects/conversion/index.ts';
import { formatApiVersion } from '../../objects/kubernetes-object.ts';
import { loadDefinitions } from '../../objects/built-in-schemas.ts';
import { FieldManager } from '../../objects/apply/field-manager.ts';
import { mergeTypeOf } from '../../objects/apply/merge-type.ts';
import { resetFields } from '../../objects/apply/reset-fields.ts';
import { decodeBuiltIn, readBuiltIn, type BuiltInTarget } from '../../objects/decode/decode.ts';
import { readAs } from '../../objects/decode/go-codec.ts';
import { decodeProtobuf, ProtobufError } from '../../objects/decode/protobuf.ts';
import { applyDefaults } from '../../objects/defaults/index.ts';
import { patchObject, type PatchType } from '../../objects/patch/patch.ts';
import type { BuiltInResource } from '../../objects/resources.ts';
import { badRequest, unsupportedMediaType } from '../../objects/status/status-error.ts';
import {
  prepareForCreate,
  prepareForUpdate,
  type StrategyContext,
  warningsOnCreate,
  warningsOnUpdate,
} from '../../objects/strategy/index.ts';
import { tableColumns } from '../../objects/tables/columns.ts';
import { tableRow, tableRows } from '../../objects/tables/index.ts';
import type { TableColumn, TableRow } from '../../objects/tables/table.ts';
import { type FieldError, validateCreate, validateUpdate } from '../../objects/validation/index.ts';
import type { InputEncoding } from '../request/negotiation.ts';
import type { FieldValidation } from '../request/options.ts';
import type { ApiObject } from './api-object.ts';
import type { Decoded, Kind } from './kind.ts';

const UNCONDITIONAL_NEVER: readonly string[] = [
  'certificates.k8s.io/PodCertificateRequest',
  'certificates.k8s.io/ClusterTrustBundle',
  'node.k8s.io/RuntimeClass',
  'policy/PodDisruptionBudget',
  'storage.k8s.io/CSIDriver',
  'storage.k8s.io/CSIStorageCapacity',
  'storage.k8s.io/VolumeAttachment',
  'storage.k8s.io/CSINode',
  'coordination.k8s.io/Lease',
  'storagemigration.k8s.io/StorageVersionMigration',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/MutatingAdmissionPolicy',
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
];

const CREATED_ON_UPDATE: readonly string[] = [
  '/Endpoints',
  '/Event',
  '/LimitRange',
  '/Service',
  'coordination.k8s.io/Lease',
  'events.k8s.io/Event',
  'node.k8s.io/RuntimeClass',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
];

/** What there is to know of a built-in kind, also of one that is only a subresource's body. */
export type BuiltInKindDefinition = Pick<BuiltInResource, 'group' | 'version' | 'kind' | 'schema'> &
  Partial<Pick<BuiltInResource, 'subresources'>>;

function fromProtobuf(body: Uint8Array): unknown {
  try {
    const value = decodeProtobuf(body);
    if (value !== undefined) return value;
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(error.message);
    throw error;
  }
  throw unsupportedMediaType(['application/json', 'application/yaml']);
}

/** A built-in kind, as engine/objects knows it. */
export class BuiltInKind implements Kind {
  readonly createsOnUpdate: boolean;
  readonly updatesUnconditionally: boolean;
  readonly columns: readonly TableColumn[];
  readonly #definition: BuiltInKindDefinition;
  #loaded: BuiltInTarget | undefined;
  readonly #managers = new Map<string, Promise<FieldManager>>();

  constructor(definition: BuiltInKindDefinition) {
    const id = `${definition.group}/${definition.kind}`;
    this.#definition = definition;
    this.columns = tableColumns(definition);
    this.createsOnUpdate = CREATED_ON_UPDATE.includes(id);
    this.updatesUnconditionally = !UNCONDITIONAL_NEVER.includes(id);
  }

  async decode(
    body: Uint8Array,
    encoding: InputEncoding,
    validation: FieldValidation,
  ): Promise<Decoded> {
    if (encoding === 'protobuf') return this.normalise(fromProtobuf(body), 'Ignore');
    const decoded = decodeBuiltIn(body, encoding, await this.#target(), validation);
    return { object: decoded.object as unknown as ApiObject, warnings: decoded.warnings };
  }

  async normalise(value: unknown, validation: FieldValidation): Promise<Decoded> {
    const body = new TextEncoder().encode(JSON.stringify(value));
    return this.decode(body, 'json', validation);
  }

  async #target(): Promise<BuiltInTarget> {
    const { group, version, kind, schema } = this.#definition;
    const definitions = await loadDefinitions(this.#definition);
    return { group, version, kind, schema, definitions };
  }

  async patch(
    type: PatchType,
    bytes: Uint8Array,
    live: ApiObject,
    validation: FieldValidation,
  ): Promise<Decoded> {
    const target = await this.#target();
    const { object, warnings } = patchObject({
      type,
      bytes,
      live,
      validation,
      read: (value, origin) => readBuiltIn(value, target, origin),
      schema: { name: target.schema, definitions: target.definitions },
    });
    return { object: object as ApiObject, warnings };
  }

  fieldManager(subresource: string): Promise<FieldManager> {
    let manager = this.#managers.get(subresource);
    if (manager === undefined)
      this.#managers.set(subresource, (manager = this.#makeFieldManager(subresource)));
    return manager;
  }

  async #makeFieldManager(subresource: string): Promise<FieldManager> {
    const { group, version, kind, subresources = [] } = this.#definition;
    const { schema, definitions } = await this.#target();
    const hasStatus = subresources.some(({ name }) => name === 'status');
    return new FieldManager({
      group,
      version,
      kind,
      subresource,
      type: mergeTypeOf(definitions, definitions[schema] ?? {}),
      empty: readAs(definitions, schema, null).object,
      filter: resetFields(kind, subresource, hasStatus),
      read: (value) => readAs(definitions, schema, value, 'object'),
    });
  }

  applyDefaults(object: ApiObject): ApiObject {
    return applyDefaults(this.#definition, object);
  }

  prepareForCreate(object: ApiObject, context: StrategyContext): ApiObject {
    return prepareForCreate(this.#definition, object, context) as ApiObject;
  }

  prepareForUpdate(
    object: ApiObject,
    old: ApiObject,
    subresource: string,
    context: StrategyContext,
  ): ApiObject {
    return prepareForUpdate(this.#definition, object, old, context, subresource) as ApiObject;
  }

  validateCreate(object: ApiObject): readonly FieldError[] {
    return validateCreate(this.#definition, object);
  }

  validateUpdate(object: ApiObject, old: ApiObject, subresource: string): readonly FieldError[] {
    return validateUpdate(this.#definition, object, old, subresource);
  }

  warningsOnCreate(object: ApiObject): readonly string[] {
    return warningsOnCreate(this.#definition, object);
  }

  warningsOnUpdate(object: ApiObject, old: ApiObject, subresource: string): readonly string[] {
    return warningsOnUpdate(this.#definition, object, old, subresource);
  }

  row(object: ApiObject, now: number): TableRow<ApiObject> {
    return tableRow(object, now);
  }

  rows(objects: readonly ApiObject[], now: number): readonly TableRow<ApiObject>[] {
    return tableRows(objects, now);
  }

  /** Resolves when `fromStored` can be called. */
  async load(): Promise<void> {
    this.#loaded ??= await this.#target();
  }

  /** A stored object in this version, for kinds that have several. */
  fromStored(object: ApiObject): ApiObject {
    const { group, version, kind } = this.#definition;
    const apiVersion = formatApiVersion({ group, version });
    if (object.apiVersion === apiVersion) return object;
    if (this.#loaded === undefined) throw new Error(`The schema of ${kind} is not loaded.`);
    const { definitions, schema } = this.#loaded;
    const converted = convert(object, { group, version });
    const { object: read } = readAs(definitions, schema, converted);
    return { ...read, kind, apiVersion } as unknown as ApiObject;
  }
}
