import type { FieldManager } from '../../objects/apply/field-manager.ts';
import type { PatchType } from '../../objects/patch/patch.ts';
import type { StrategyContext } from '../../objects/strategy/index.ts';
import type { TableColumn, TableRow } from '../../objects/tables/table.ts';
import type { FieldError } from '../../objects/validation/field-error.ts';
import type { InputEncoding } from '../request/negotiation.ts';
import type { FieldValidation } from '../request/options.ts';
import type { ApiObject } from './api-object.ts';

/** A body that was understood. */
export interface Decoded {
  readonly object: ApiObject;
  readonly warnings: readonly string[];
}

/**
 * What is particular about one kind in one version: the seam between serving objects and knowing
 * them. Built-in kinds come from engine/objects, custom ones from their definition.
 */
export interface Kind {
  /** Errors: `BadRequest` with upstream's text when the body is no such object. */
  decode(body: Uint8Array, encoding: InputEncoding, validation: FieldValidation): Promise<Decoded>;
  /** The live object as a patch leaves it. Errors: as `decode`, and upstream's about patches. */
  patch(
    type: PatchType,
    bytes: Uint8Array,
    live: ApiObject,
    validation: FieldValidation,
  ): Promise<Decoded>;
  /** Who set which field, for the object itself (subresource empty) or one of its subresources. */
  fieldManager(subresource: string): Promise<FieldManager>;
  applyDefaults(object: ApiObject): ApiObject;
  /** The object as it is stored, in the version that is stored. */
  prepareForCreate(object: ApiObject, context: StrategyContext): ApiObject;
  /** @param subresource empty for the object itself */
  prepareForUpdate(
    object: ApiObject,
    old: ApiObject,
    subresource: string,
    context: StrategyContext,
  ): ApiObject;
  /** Looks at what is about to be stored, as the other three do. */
  validateCreate(object: ApiObject): readonly FieldError[];
  validateUpdate(object: ApiObject, old: ApiObject, subresource: string): readonly FieldError[];
  warningsOnCreate(object: ApiObject): readonly string[];
  warningsOnUpdate(object: ApiObject, old: ApiObject, subresource: string): readonly string[];
  /** a PUT of what does not exist creates it */
  readonly createsOnUpdate: boolean;
  /** a PUT without a resource version takes the newest */
  readonly updatesUnconditionally: boolean;
  readonly columns: readonly TableColumn[];
  /** @param now UNIX milliseconds */
  row(object: ApiObject, now: number): TableRow<ApiObject>;
  /** The rows of a list, which may stand in another order. */
  rows(objects: readonly ApiObject[], now: number): readonly TableRow<ApiObject>[];
}
