import { type FieldError, invalidObject } from '../../objects/validation/field-error.ts';
import { Place } from '../../objects/validation/place.ts';
import type { Parameters } from './parameters.ts';

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** `CreateOptions`, `UpdateOptions` and `PatchOptions` of meta/v1. */
export interface WriteOptions {
  readonly dryRun: boolean;
  /** empty when the client named none: the first word of its user agent serves */
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
  /** take fields over from other managers; only for server-side apply */
  readonly force: boolean;
}

/** What must be true of an object for a write to go on; absent parts always hold. */
export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** `DeleteOptions` of meta/v1. */
export interface DeleteOptions {
  /** seconds; absent: the kind's default */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  /** predecessor of the policy */
  readonly orphanDependents?: boolean;
  readonly preconditions?: Preconditions;
  readonly dryRun: boolean;
}

/** Longest name of a field manager (apimachinery `FieldManagerMaxLength`). */
const MANAGER_LENGTH = 128;
const POLICIES = ['Foreground', 'Background', 'Orphan'];
const VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'];

/** Throws `Invalid` about an options kind of meta/v1 when there are errors. */
export function refuseOptions(kind: string, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw invalidObject({ group: 'meta.k8s.io', name: kind }, '', errors);
}

function checkDryRun(values: readonly string[], at: Place): void {
  if (values.some((value) => value !== 'All')) at.notSupported(values, ['All']);
}

function checkManager(manager: string, at: Place): void {
  if (new TextEncoder().encode(manager).length > MANAGER_LENGTH) at.tooLong(MANAGER_LENGTH);
  Array.from(manager).forEach((character, position) => {
    if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      at.invalid(manager, `invalid character U+${code} (at position ${position})`);
    }
  });
}

/** The first word of the user agent, which names those who name no manager. */
export function managerOf(options: WriteOptions, userAgent: string): string {
  if (options.fieldManager !== '') return options.fieldManager;
  const word = (userAgent.split('/', 1)[0] ?? '').replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '');
  return word.slice(0, MANAGER_LENGTH);
}

/** @param kind `CreateOptions`, `UpdateOptions`, `PatchOptions`; an apply patch needs a manager */
export function parseWriteOptions(
  parameters: Parameters,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  apply = false,
): WriteOptions {
  const place = Place.root();
  const dryRun = parameters.all('dryRun');
  const fieldManager = parameters.text('fieldManager');
  const fieldValidation = parameters.text('fieldValidation');
  const force = parameters.optionalFlag('force');
  if (apply && fieldManager === '')
    place.child('fieldManager').required('is required for apply patch');
  if (kind === 'PatchOptions' && !apply && force !== undefined)
    place.child('force').forbidden('may not be specified for non-apply patch');
  checkManager(fieldManager, place.child('fieldManager'));
  checkDryRun(dryRun, place.child('dryRun'));
  if (!VALIDATIONS.includes(fieldValidation))
    place.child('fieldValidation').notSupported(fieldValidation, VALIDATIONS);
  refuseOptions(kind, place.errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as FieldValidation),
    force: force ?? false,
  };
}

/** Checks what came as body or as parameters of a deletion. Errors: `Invalid`. */
export function checkDeleteOptions(options: {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: Preconditions;
  readonly dryRun?: readonly string[];
}): DeleteOptions {
  const place = Place.root();
  const { dryRun = [], propagationPolicy: policy, ...rest } = options;
  if (rest.orphanDependents !== undefined && policy !== undefined)
    place
      .child('propagationPolicy')
      .invalid(policy, 'orphanDependents and deletionPropagation cannot be both set');
  if (policy !== undefined && !POLICIES.includes(policy))
    place.child('propagationPolicy').notSupported(policy, [...POLICIES, 'nil']);
  checkDryRun(dryRun, place.child('dryRun'));
  refuseOptions('DeleteOptions', place.errors);
  return {
    ...rest,
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    dryRun: dryRun.length > 0,
  };
}
