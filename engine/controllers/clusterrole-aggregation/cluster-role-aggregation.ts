import type { ObjectStore } from '../../client/informer/object-store.ts';
import { WorkQueue } from '../../client/queue/work-queue.ts';
import { resources } from '../../client/resources.ts';
import type { ClusterRole, PolicyRule } from '../../objects/generated/rbac-v1.generated.ts';
import { jsonEqual } from '../../objects/json-value.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import type { Controller, ControllerContext } from '../controller.ts';
import { workOn } from '../work-loop.ts';

const WORKERS = 5;
const FIELD_MANAGER = 'clusterrole-aggregation-controller';

/** The rules of all other roles that a role's selectors match, by name, each rule once. */
function aggregatedRules(
  { metadata, aggregationRule }: ClusterRole,
  roles: readonly ClusterRole[],
): readonly PolicyRule[] {
  const rules: PolicyRule[] = [];
  const others = roles
    .filter((role) => role.metadata.name !== metadata.name)
    .toSorted((one, other) => ((one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1));
  for (const object of aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = labelSelectorOf(object);
    for (const role of others.filter((each) => matchesLabels(selector, each.metadata.labels)))
      for (const rule of role.rules ?? [])
        if (!rules.some((known) => jsonEqual(known, rule))) rules.push(rule);
  }
  return rules;
}

/** Gives roles with an aggregation rule what the roles have that it selects (upstream's `clusterroleaggregation`). */
export class ClusterRoleAggregation implements Controller {
  readonly #context: ControllerContext;
  readonly #roles: ObjectStore<ClusterRole>;
  readonly #queue: WorkQueue;

  constructor(context: ControllerContext) {
    this.#context = context;
    const { clock, onError, informers } = context;
    this.#queue = new WorkQueue({ clock, onError });
    const roles = informers.of(resources.clusterRoles);
    this.#roles = roles.store;
    // Roles are few, and which one a change concerns only their selectors tell.
    const all = (): void => {
      for (const { metadata, aggregationRule } of this.#roles.list())
        if (aggregationRule !== undefined) this.#queue.add(metadata.name);
    };
    roles.addHandler({ onAdd: all, onUpdate: all, onDelete: all });
  }

  async run(signal: AbortSignal): Promise<void> {
    await workOn(this.#queue, WORKERS, signal, (name) => this.#sync(name));
  }

  async #sync(name: string): Promise<void> {
    const role = this.#roles.getByKey(name);
    if (role?.aggregationRule === undefined) return;
    const rules = aggregatedRules(role, this.#roles.list());
    if (jsonEqual(rules, role.rules ?? [])) return;
    const { apiVersion, kind } = role;
    const wanted: ClusterRole = { apiVersion, kind, metadata: { name }, rules };
    await this.#context.client.apply(resources.clusterRoles, wanted, {
      fieldManager: FIELD_MANAGER,
      force: true,
    });
  }
}
