/** Which names a definition gets: those that no other of its group has already (`naming_controller.go`). */
import { goQuote } from '../../objects/go-text.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import type { CustomResourceDefinitionNames } from '../../objects/generated/apiextensions-v1.generated.ts';
import { findCondition, withCondition, type Condition, type Definition } from './definition.ts';

interface Taken {
  readonly resources: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

function takenIn(others: readonly Definition[]): Taken {
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const { status } of others) {
    const names = status?.acceptedNames;
    if (names === undefined) continue;
    for (const name of [names.plural, names.singular ?? '', ...(names.shortNames ?? [])])
      resources.add(name);
    for (const kind of [names.kind, names.listKind ?? '']) kinds.add(kind);
  }
  return { resources, kinds };
}

const inUse = (name: string): string => `${goQuote(name)} is already in use`;

/** As `errors.NewAggregate` prints several. */
function aggregate(messages: readonly string[]): string {
  const different = [...new Set(messages)];
  return different.length === 1 ? (different[0] ?? '') : `[${different.join(', ')}]`;
}

const noNames: CustomResourceDefinitionNames = { plural: '', kind: '' };

/** The definition with the names it gets and what its status says of them. @param group all definitions of its group */
export function withNames(
  definition: Definition,
  group: readonly Definition[],
  now: number,
): Definition {
  const asked = definition.spec.names;
  const before = definition.status?.acceptedNames ?? noNames;
  const taken = takenIn(group);
  const accepted: Record<string, unknown> = { ...before };
  let conflict: Condition | undefined;
  const refuse = (reason: string, message: string): void => {
    conflict = { type: 'NamesAccepted', status: 'False', reason, message };
  };
  const decide = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    names: ReadonlySet<string>,
    reason: string,
  ): void => {
    const wanted = asked[field] ?? '';
    if (wanted !== (before[field] ?? '') && names.has(wanted)) refuse(reason, inUse(wanted));
    else if (wanted !== '') accepted[field] = wanted;
    else delete accepted[field];
  };
  decide('plural', taken.resources, 'PluralConflict');
  decide('singular', taken.resources, 'SingularConflict');
  const own = before.shortNames ?? [];
  const clashing = (asked.shortNames ?? []).filter(
    (name) => !own.includes(name) && taken.resources.has(name),
  );
  if (clashing.length > 0) refuse('ShortNamesConflict', aggregate(clashing.map(inUse)));
  else if (asked.shortNames === undefined) delete accepted['shortNames'];
  else accepted['shortNames'] = asked.shortNames;
  decide('kind', taken.kinds, 'KindConflict');
  decide('listKind', taken.kinds, 'ListKindConflict');
  if (asked.categories === undefined) delete accepted['categories'];
  else accepted['categories'] = asked.categories;
  const names = { ...definition, status: { ...definition.status, acceptedNames: accepted } };
  const named = jsonEqual(accepted, before) ? definition : (names as unknown as Definition);
  return withCondition(
    withCondition(named, conflict ?? noConflict, now),
    established(definition, conflict === undefined),
    now,
  );
}

const noConflict: Condition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
};

function established(definition: Definition, accepted: boolean): Condition {
  const before = findCondition(definition, 'Established');
  if (before?.status === 'True') return before;
  if (accepted)
    return {
      type: 'Established',
      status: 'False',
      reason: 'Installing',
      message: 'the initial names have been accepted',
    };
  return (
    before ?? {
      type: 'Established',
      status: 'False',
      reason: 'NotAccepted',
      message: 'not all names are accepted',
    }
  );
}
