import type { ObjectMeta } from '../generated/meta-v1.generated.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import {
  anyObjectMeta,
  anyObjectMetaUpdate,
  type NameRule,
  objectMeta,
  objectMetaUpdate,
} from './metadata.ts';
import type { Place } from './place.ts';
import { sameValue } from './same-value.ts';

/** How objects of a kind are validated. Rules see objects in canonical form, with their defaults. */
export interface KindValidation {
  /** An object that is to be created. */
  readonly create: (object: KubernetesObject, at: Place) => void;
  /** A change of an object by its main resource. */
  readonly update: Change;
  /** Changes by subresources; `status` without a rule of its own is only looked at for its metadata. */
  readonly subresources?: Readonly<Record<string, Change>>;
}

export type Change = (object: KubernetesObject, old: KubernetesObject, at: Place) => void;

/** A kind's validation written for its type. */
export function kindValidation<T extends object>(rules: {
  create: (object: T, at: Place) => void;
  update: (object: T, old: T, at: Place) => void;
  subresources?: Readonly<Record<string, (object: T, old: T, at: Place) => void>>;
}): KindValidation {
  return rules as unknown as KindValidation;
}

/**
 * A kind whose objects are looked at in the same way whenever they are written: their metadata, then
 * `rules`; a change is also looked at beside what was there.
 */
export function plainKind<T extends { readonly metadata: ObjectMeta }>({
  namespaced,
  nameRule,
  anyFinalizer = false,
  rules,
  update,
  subresources,
}: {
  readonly namespaced: boolean;
  readonly nameRule: NameRule;
  /** Finalizers need no domain. */
  readonly anyFinalizer?: boolean;
  readonly rules: (object: T, at: Place) => void;
  readonly update?: (object: T, old: T, at: Place) => void;
  readonly subresources?: Readonly<Record<string, (object: T, old: T, at: Place) => void>>;
}): KindValidation {
  const create = (object: T, at: Place) => {
    const meta = anyFinalizer ? anyObjectMeta : objectMeta;
    meta(object.metadata, at.child('metadata'), { namespaced, nameRule });
    rules(object, at);
  };
  const change = (object: T, old: T, at: Place) => {
    create(object, at);
    const meta = anyFinalizer ? anyObjectMetaUpdate : objectMetaUpdate;
    meta(object.metadata, old.metadata, at.child('metadata'));
    update?.(object, old, at);
  };
  return kindValidation<T>({
    create,
    update: change,
    ...(subresources ? { subresources } : {}),
  });
}

/** A field that keeps the value it was created with; `printed` is what a message shows of it. */
export function immutable(value: unknown, old: unknown, at: Place, printed = value): void {
  if (!sameValue(value, old)) at.invalid(printed ?? null, 'field is immutable');
}
