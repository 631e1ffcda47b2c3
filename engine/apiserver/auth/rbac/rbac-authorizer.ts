import type { PolicyRule } from '../../bootstrap/policy-text.ts';
import type { ApiObject } from '../../registry/api-object.ts';
import { derived, type Lister } from '../../registry/lister.ts';
import type { AccessAttributes, Authorizer, Decision } from '../authorizer.ts';
import { parseServiceAccount, type UserInfo } from '../user-info.ts';
import { ruleAllows } from './rules.ts';

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

interface Binding {
  readonly name: string;
  /** empty for a cluster role binding */
  readonly namespace: string;
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects: readonly Subject[];
}

export interface RbacListers {
  readonly roles: Lister;
  readonly roleBindings: Lister;
  readonly clusterRoles: Lister;
  readonly clusterRoleBindings: Lister;
}

type Roles = ReadonlyMap<string, readonly PolicyRule[]>;

/** A rule somebody has, with where from; or a role that is bound but is not there. */
interface Grant {
  readonly rule?: PolicyRule;
  readonly source: string;
  readonly error?: string;
}

function rolesOf(lister: Lister): Roles {
  return new Map(
    lister.list().map((role) => {
      const { namespace = '', name = '' } = role.metadata;
      return [`${namespace}/${name}`, (role['rules'] ?? []) as readonly PolicyRule[]];
    }),
  );
}

function bindingOf(object: ApiObject): Binding {
  const { namespace = '', name = '' } = object.metadata;
  return {
    name,
    namespace,
    roleRef: object['roleRef'] as Binding['roleRef'],
    subjects: (object['subjects'] ?? []) as readonly Subject[],
  };
}

function byNamespace(bindings: readonly Binding[]): ReadonlyMap<string, readonly Binding[]> {
  const map = new Map<string, Binding[]>();
  for (const binding of bindings)
    map.set(binding.namespace, [...(map.get(binding.namespace) ?? []), binding]);
  return map;
}

function isSubject(subject: Subject, user: UserInfo, bindingNamespace: string): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.name === user.username;
    case 'Group':
      return user.groups.includes(subject.name);
    case 'ServiceAccount': {
      const account = parseServiceAccount(user.username);
      const namespace = subject.namespace ?? bindingNamespace;
      return account?.name === subject.name && account.namespace === namespace;
    }
    default:
      return false;
  }
}

function describe({ name, namespace, roleRef }: Binding, subject: Subject): string {
  const who =
    subject.kind === 'ServiceAccount'
      ? `${subject.name}/${subject.namespace ?? namespace}`
      : subject.name;
  const binding =
    namespace === ''
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  return `${binding} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${subject.kind} ${JSON.stringify(who)}`;
}

/** Role-based access control: roles allow, bindings give them to subjects, nothing forbids. */
export class RbacAuthorizer implements Authorizer {
  readonly #roles: () => Roles;
  readonly #clusterRoles: () => Roles;
  readonly #bindings: () => ReadonlyMap<string, readonly Binding[]>;
  readonly #clusterBindings: () => readonly Binding[];

  constructor(listers: RbacListers) {
    const { roles, roleBindings, clusterRoles, clusterRoleBindings } = listers;
    this.#roles = derived([roles], () => rolesOf(roles));
    this.#clusterRoles = derived([clusterRoles], () => rolesOf(clusterRoles));
    this.#bindings = derived([roleBindings], () => byNamespace(roleBindings.list().map(bindingOf)));
    this.#clusterBindings = derived([clusterRoleBindings], () =>
      clusterRoleBindings.list().map(bindingOf),
    );
  }

  authorize(attributes: AccessAttributes): Decision | undefined {
    const errors: string[] = [];
    for (const { rule, source, error } of this.#grants(attributes.user, attributes.namespace)) {
      if (rule !== undefined && ruleAllows(rule, attributes))
        return { allowed: true, reason: `RBAC: allowed by ${source}` };
      if (error !== undefined) errors.push(error);
    }
    if (errors.length === 0) return undefined;
    const [only] = errors;
    return {
      allowed: false,
      reason: `RBAC: ${errors.length === 1 ? only : `[${errors.join(', ')}]`}`,
    };
  }

  /** Everything a user may do, cluster-wide and in a namespace. */
  rulesFor(user: UserInfo, namespace: string): readonly PolicyRule[] {
    return [...this.#grants(user, namespace)].flatMap(({ rule }) =>
      rule === undefined ? [] : [rule],
    );
  }

  /** Rules of a role that a binding refers to; undefined when there is none. */
  rulesOfRole(kind: string, namespace: string, name: string): readonly PolicyRule[] | undefined {
    return kind === 'ClusterRole'
      ? this.#clusterRoles().get(`/${name}`)
      : this.#roles().get(`${namespace}/${name}`);
  }

  *#grants(user: UserInfo, namespace: string): Generator<Grant> {
    const local = namespace === '' ? [] : (this.#bindings().get(namespace) ?? []);
    for (const binding of [...this.#clusterBindings(), ...local]) {
      const subject = binding.subjects.find((one) => isSubject(one, user, binding.namespace));
      if (subject === undefined) continue;
      const { kind, name } = binding.roleRef;
      const rules = this.rulesOfRole(kind, binding.namespace, name);
      const source = describe(binding, subject);
      if (rules === undefined)
        yield {
          source,
          error: `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`,
        };
      else for (const rule of rules) yield { rule, source };
    }
  }
}
