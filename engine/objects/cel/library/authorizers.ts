import type { Environment } from '@marcbachmann/cel-js';
import { define } from './define.ts';

/** What an expression asks whether it is allowed; without a service account, of who made the request. */
export interface AccessQuestion {
  readonly serviceAccount?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  /** of a request that is for no resource; what follows is empty then */
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

/** `error`: what kept the authorizer from knowing better. */
export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Decides at once or later; in the latter case the whole expression's value is a promise. */
export type Decide = (question: AccessQuestion) => AccessDecision | Promise<AccessDecision>;

type Target = Omit<AccessQuestion, 'verb'>;

/** The value of `authorizer`; its `requestResource` is what the request is for. */
export class CelAuthorizer {
  readonly requestResource: ResourceCheck;

  constructor(
    readonly decide: Decide,
    readonly target: Target,
  ) {
    this.requestResource = new ResourceCheck(decide, target);
  }
}

class PathCheck {
  constructor(
    readonly decide: Decide,
    readonly target: Target,
  ) {}
}

class GroupCheck extends PathCheck {}
class ResourceCheck extends PathCheck {}

class Decision {
  constructor(readonly decision: AccessDecision) {}
}

const as = ({ target: { serviceAccount } }: { readonly target: Target }): Target =>
  serviceAccount === undefined ? {} : { serviceAccount };

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library */
export function addAuthorizers(environment: Environment): void {
  const type = (name: string) => `kubernetes.authorization.${name}`;
  const resource = type('ResourceCheck');
  const authorizer = type('Authorizer');
  environment.registerType(resource, { ctor: ResourceCheck, fields: {} });
  environment.registerType(type('PathCheck'), { ctor: PathCheck, fields: {} });
  environment.registerType(type('GroupCheck'), { ctor: GroupCheck, fields: {} });
  environment.registerType(type('Decision'), { ctor: Decision, fields: {} });
  environment.registerType(authorizer, {
    ctor: CelAuthorizer,
    fields: { requestResource: resource },
  });
  define(
    environment,
    `${authorizer}.path(string): ${type('PathCheck')}`,
    (from: CelAuthorizer, path: string) => new PathCheck(from.decide, { ...as(from), path }),
  );
  define(
    environment,
    `${authorizer}.group(string): ${type('GroupCheck')}`,
    (from: CelAuthorizer, group: string) => new GroupCheck(from.decide, { ...as(from), group }),
  );
  define(
    environment,
    `${authorizer}.serviceAccount(string, string): ${authorizer}`,
    ({ decide, target }: CelAuthorizer, namespace: string, name: string) =>
      new CelAuthorizer(decide, { ...target, serviceAccount: { namespace, name } }),
  );
  define(
    environment,
    `${type('GroupCheck')}.resource(string): ${resource}`,
    ({ decide, target }: GroupCheck, name: string) =>
      new ResourceCheck(decide, { ...target, resource: name }),
  );
  for (const field of [
    'subresource',
    'namespace',
    'name',
    'fieldSelector',
    'labelSelector',
  ] as const) {
    define(
      environment,
      `${resource}.${field}(string): ${resource}`,
      ({ decide, target }: ResourceCheck, value: string) =>
        new ResourceCheck(decide, { ...target, [field]: value }),
    );
  }
  for (const asked of [type('PathCheck'), resource]) {
    environment.registerFunction(
      `${asked}.check(string): ${type('Decision')}`,
      ({ decide, target }: PathCheck, verb: string) => {
        const decision = decide({ ...target, verb });
        return decision instanceof Promise
          ? decision.then((value) => new Decision(value))
          : new Decision(decision);
      },
    );
  }
  const decided = type('Decision');
  define(environment, `${decided}.allowed(): bool`, (value: Decision) => value.decision.allowed);
  define(environment, `${decided}.reason(): string`, (value: Decision) => value.decision.reason);
  define(
    environment,
    `${decided}.errored(): bool`,
    (value: Decision) => value.decision.error !== undefined,
  );
  define(
    environment,
    `${decided}.error(): string`,
    (value: Decision) => value.decision.error ?? '',
  );
}
