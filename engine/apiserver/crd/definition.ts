/** CustomResourceDefinitions as the server sees them, and the conditions in their status. */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from '../../objects/generated/apiextensions-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { ApiObject } from '../registry/api-object.ts';

export type Definition = ApiObject & CustomResourceDefinition;
export type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>;

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

export function findCondition(
  { status }: Definition,
  type: string,
): CustomResourceDefinitionCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isTrue(definition: Definition, type: string): boolean {
  return findCondition(definition, type)?.status === 'True';
}

/** A condition in place of the one before it, which keeps its time unless the status changed. @param now UNIX milliseconds */
export function withCondition(
  definition: Definition,
  condition: Condition,
  now: number,
): Definition {
  const { conditions, ...status } = definition.status ?? {};
  const before = findCondition(definition, condition.type);
  const lastTransitionTime =
    before?.status === condition.status && before.lastTransitionTime !== undefined
      ? before.lastTransitionTime
      : formatTime(now);
  const { type, ...rest } = condition;
  const next = { type, lastTransitionTime, ...rest };
  const known = conditions ?? [];
  return {
    ...definition,
    status: {
      ...status,
      conditions:
        before === undefined
          ? [...known, next]
          : known.map((other) => (other.type === type ? next : other)),
    },
  } as Definition;
}

export function withoutCondition(definition: Definition, type: string): Definition {
  const { conditions, ...status } = definition.status ?? {};
  return {
    ...definition,
    status: { ...status, conditions: (conditions ?? []).filter((other) => other.type !== type) },
  } as Definition;
}

/** What a first DELETE makes of a definition: its objects go before it. */
export function markForCleanup(object: ApiObject, now: number): ApiObject {
  const definition = object as Definition;
  const { finalizers = [] } = definition.metadata;
  const marked = finalizers.includes(CLEANUP_FINALIZER)
    ? definition
    : {
        ...definition,
        metadata: { ...definition.metadata, finalizers: [...finalizers, CLEANUP_FINALIZER] },
      };
  return withCondition(
    marked,
    {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message:
        'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    },
    now,
  );
}
