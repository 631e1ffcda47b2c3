import type { HttpRequest } from '../../api/http-message.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { Lister } from '../registry/lister.ts';
import type { ResourceRegistry } from '../registry/resource-registry.ts';
import { isStored } from '../registry/served-resource.ts';
import type { Connection } from '../request/request-context.ts';
import type { RequestInfo } from '../request/request-info.ts';
import { accessAttributes, accessDenied, AuthorizerChain, type Decision } from './authorizer.ts';
import { Authenticator } from './authenticator.ts';
import { ClientCertificates } from './client-certificates.ts';
import { impersonate } from './impersonation.ts';
import { RbacAuthorizer } from './rbac/rbac-authorizer.ts';
import { LegacyTokens } from './legacy-tokens.ts';
import { ServiceAccountTokens, type TokenKeys } from './service-account-tokens.ts';
import type { UserInfo } from './user-info.ts';

export interface AccessControlOptions {
  /** PEM */
  readonly clientCa: string;
  readonly keys: TokenKeys;
  readonly issuer: string;
  readonly staticTokens: ReadonlyMap<string, UserInfo>;
  readonly clock: Clock;
  readonly random: Random;
}

const RBAC = 'rbac.authorization.k8s.io';

/** Who is it, and may they: authentication, impersonation and authorisation together. */
export class AccessControl {
  readonly tokens: ServiceAccountTokens;
  readonly authenticator: Authenticator;
  readonly authorizer: AuthorizerChain;
  readonly rbac: RbacAuthorizer;
  /** audiences a token for this server may have */
  readonly audiences: readonly string[];

  constructor(registry: ResourceRegistry, options: AccessControlOptions) {
    const { clock, random, keys, issuer, staticTokens, clientCa } = options;
    const lister = (group: string, version: string, plural: string): Lister => {
      const resource = registry.find(group, version, plural);
      if (resource === undefined || !isStored(resource))
        throw new Error(`${plural} are not stored.`);
      return new Lister(resource);
    };
    const secrets = lister('', 'v1', 'secrets');
    const serviceAccounts = lister('', 'v1', 'serviceaccounts');
    this.audiences = [issuer];
    this.tokens = new ServiceAccountTokens({
      keys,
      issuer,
      clock,
      random,
      listers: {
        serviceAccounts,
        pods: lister('', 'v1', 'pods'),
        secrets,
        nodes: lister('', 'v1', 'nodes'),
      },
    });
    this.authenticator = new Authenticator({
      certificates: new ClientCertificates([clientCa]),
      tokens: this.tokens,
      legacyTokens: new LegacyTokens({ keys, clock, secrets, serviceAccounts }),
      staticTokens,
      secrets,
      audiences: this.audiences,
      clock,
    });
    this.rbac = new RbacAuthorizer({
      roles: lister(RBAC, 'v1', 'roles'),
      roleBindings: lister(RBAC, 'v1', 'rolebindings'),
      clusterRoles: lister(RBAC, 'v1', 'clusterroles'),
      clusterRoleBindings: lister(RBAC, 'v1', 'clusterrolebindings'),
    });
    this.authorizer = new AuthorizerChain([this.rbac]);
  }

  /** Errors: `Unauthorized`. */
  authenticate(request: HttpRequest, connection: Connection): Promise<UserInfo> {
    return this.authenticator.authenticate(request, connection);
  }

  /** As whom a user acts by the request's headers. Errors: `Forbidden` for who may not. */
  actingAs(user: UserInfo, { headers }: HttpRequest): Promise<UserInfo> {
    return impersonate(user, headers, this.authorizer);
  }

  /** Errors: `Forbidden`. @param decided told of the decision, either way */
  async authorize(
    user: UserInfo,
    info: RequestInfo,
    decided: (decision: Decision) => void = () => {},
  ): Promise<void> {
    const attributes = accessAttributes(user, info);
    const decision = await this.authorizer.authorize(attributes);
    decided(decision);
    if (!decision.allowed) throw accessDenied(attributes, decision.reason);
  }
}
