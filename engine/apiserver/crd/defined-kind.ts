import type { FieldManager } from '../../objects/apply/field-manager.ts';
import type { CustomKind } from '../../objects/custom/custom-kind.ts';
import {
  customWarnings,
  prepareCustomForCreate,
  prepareCustomForUpdate,
} from '../../objects/custom/strategy.ts';
import { ruleCheck } from '../../objects/custom/rules/rule-tree.ts';
import {
  validateCustomCreate,
  validateCustomUpdate,
  type RuleCheck,
} from '../../objects/custom/validation.ts';
import { patchObject, type PatchType } from '../../objects/patch/patch.ts';
import { unsupportedMediaType } from '../../objects/status/status-error.ts';
import type { CustomTable } from '../../objects/tables/custom.ts';
import type { TableColumn, TableRow } from '../../objects/tables/table.ts';
import type { FieldError } from '../../objects/validation/index.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Decoded, Kind } from '../registry/kind.ts';
import type { InputEncoding } from '../request/negotiation.ts';
import type { FieldValidation } from '../request/options.ts';

/** A kind that a CustomResourceDefinition describes, in one version. */
export class DefinedKind implements Kind {
  readonly createsOnUpdate = false;
  readonly updatesUnconditionally = false;
  readonly columns: readonly TableColumn[];
  readonly #kind: CustomKind;
  readonly #table: CustomTable;
  readonly #rules: RuleCheck | undefined;
  readonly #managers = new Map<string, FieldManager>();

  constructor(kind: CustomKind, table: CustomTable) {
    this.#kind = kind;
    this.#table = table;
    this.#rules = ruleCheck(kind.resource.schema);
    this.columns = table.columns;
  }

  async decode(
    body: Uint8Array,
    encoding: InputEncoding,
    validation: FieldValidation,
  ): Promise<Decoded> {
    if (encoding === 'protobuf')
      throw unsupportedMediaType(['application/json', 'application/yaml']);
    return this.#kind.decode(body, encoding, validation) as Decoded;
  }

  async patch(
    type: PatchType,
    bytes: Uint8Array,
    live: ApiObject,
    validation: FieldValidation,
  ): Promise<Decoded> {
    const read = (value: unknown): ReturnType<CustomKind['read']> => this.#kind.read(value);
    return patchObject({ type, bytes, live, validation, read }) as Decoded;
  }

  fieldManager(subresource: string): Promise<FieldManager> {
    const manager = this.#managers.get(subresource) ?? this.#kind.fieldManager(subresource);
    this.#managers.set(subresource, manager);
    return Promise.resolve(manager);
  }

  /** Decoding sets them already. */
  applyDefaults(object: ApiObject): ApiObject {
    return object;
  }

  prepareForCreate(object: ApiObject): ApiObject {
    return prepareCustomForCreate(this.#kind.resource, object) as ApiObject;
  }

  prepareForUpdate(object: ApiObject, old: ApiObject, subresource: string): ApiObject {
    return prepareCustomForUpdate(this.#kind.resource, object, old, subresource) as ApiObject;
  }

  validateCreate(object: ApiObject): readonly FieldError[] {
    return validateCustomCreate(this.#kind.resource, object, this.#rules);
  }

  validateUpdate(object: ApiObject, old: ApiObject, subresource: string): readonly FieldError[] {
    return validateCustomUpdate(this.#kind.resource, object, old, subresource, this.#rules);
  }

  warningsOnCreate(object: ApiObject): readonly string[] {
    return customWarnings(object);
  }

  warningsOnUpdate(object: ApiObject, old: ApiObject): readonly string[] {
    return customWarnings(object, old);
  }

  row(object: ApiObject, now: number): TableRow<ApiObject> {
    return { cells: this.#table.cells(object, now), object };
  }

  rows(objects: readonly ApiObject[], now: number): readonly TableRow<ApiObject>[] {
    return objects.map((object) => this.row(object, now));
  }
}
