import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import { sameValue } from '../validation/same-value.ts';

/** Steps that many kinds have in common. */

interface Kept {
  readonly metadata?: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** The object with `field` as another object has it. */
export function withField<T extends object, K extends keyof T>(
  object: T,
  field: K,
  value: T[K] | undefined,
): T {
  if (object[field] === value) return object;
  const { [field]: _, ...rest } = object;
  return (value === undefined ? rest : { ...rest, [field]: value }) as T;
}

export const withGeneration = <T extends Kept>(object: T, generation: number): T => ({
  ...object,
  metadata: { ...object.metadata, generation },
});

/** A new object whose status is for controllers to fill in. */
export const withStatus = <T extends Kept>(object: T, status: T['status']): T =>
  withField(object, 'status', status);

/** Keeps what only the status subresource may change. */
export const keepStatus = <T extends Kept>(object: T, old: T): T =>
  withField(object, 'status', old.status);

/** Keeps what only the main resource may change. */
export const keepSpec = <T extends Kept>(object: T, old: T): T =>
  withField(object, 'spec', old.spec);

/** The generation goes up when what is wanted changes. */
export function nextGeneration<T extends Kept>(
  object: T,
  old: T,
  isSame: boolean = sameValue(object.spec, old.spec),
): T {
  return isSame ? object : withGeneration(object, (old.metadata?.generation ?? 0) + 1);
}

const keptForStatus = [
  'deletionTimestamp',
  'generation',
  'selfLink',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
] as const;

/** Metadata that a status update leaves alone (`metav1.ResetObjectMetaForStatus`). */
export function keepMetadata<T extends Kept>(object: T, old: T): T {
  let metadata = object.metadata ?? {};
  for (const field of keptForStatus) metadata = withField(metadata, field, old.metadata?.[field]);
  return { ...object, metadata };
}
