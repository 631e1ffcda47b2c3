import type { Etcd } from '../api/etcd.ts';
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import type { TakenOver } from '../http/index.ts';
import { isNoSuchPath, noSuchPath, StatusError, toStatus } from '../objects/status/status-error.ts';
import { OpenApi } from '../objects/openapi/open-api.ts';
import { AuditLog, type AuditSink } from './audit/audit-log.ts';
import type { AuditPolicy } from './audit/policy.ts';
import { AccessControl } from './auth/access-control.ts';
import type { TokenKeys } from './auth/service-account-tokens.ts';
import type { UserInfo } from './auth/user-info.ts';
import { Aggregation } from './aggregation/aggregation.ts';
import { makeAdmission } from './admission/plugins.ts';
import { WebhookConverter } from './crd/webhook-converter.ts';
import { DefinitionController } from './crd/definition-controller.ts';
import { noConversion } from './crd/conversion.ts';
import { bootstrap } from './bootstrap/bootstrap.ts';
import { Loopback } from './bootstrap/loopback.ts';
import { Discovery } from './discovery/discovery.ts';
import { openApiResponse } from './discovery/open-api-routes.ts';
import { ResourceRouter } from './handlers/resource-router.ts';
import { Health } from './health/health.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { stateMetrics } from './metrics/state-metrics.ts';
import { buildInfo, versionResponse } from './health/version.ts';
import { noOutbound, type Outbound } from './outbound/outbound.ts';
import { Services } from './outbound/services.ts';
import { WebhookCaller } from './outbound/webhook-caller.ts';
import type { KeyPair } from '../pki/certificates.ts';
import { Connections } from './proxy/connections.ts';
import { Lister } from './registry/lister.ts';
import { makeBuiltInResources } from './registry/built-in-resources.ts';
import { newUid } from './registry/create.ts';
import { ResourceRegistry } from './registry/resource-registry.ts';
import { isStored, type StoredResource } from './registry/served-resource.ts';
import { negotiateOutput } from './request/negotiation.ts';
import { type Accountant, Exchange } from './request/exchange.ts';
import { Parameters } from './request/parameters.ts';
import type { Connection, RequestContext } from './request/request-context.ts';
import { parseRequestInfo, parseTarget, type RequestInfo } from './request/request-info.ts';
import { encodedResponse, pageNotFound, statusResponse } from './request/responses.ts';
import { warningHeaders } from './request/warning-headers.ts';
import { Compactor } from './store/compactor.ts';
import type { Traffic } from './traffic/traffic.ts';
import { ObjectStorage } from './store/object-storage.ts';

export interface ApiServerOptions {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly random: Random;
  /** IP address and port under which the server is reached from inside the cluster */
  readonly address: { readonly ip: string; readonly port: number };
  /** PEM: whose certificates of clients are good */
  readonly clientCa: string;
  /** PEM: whose certificates of front proxies are good */
  readonly frontProxyCa: string;
  /** shows to servers behind this one that requests come from it */
  readonly frontProxyClient?: KeyPair;
  /** with which tokens of service accounts are signed and verified */
  readonly serviceAccountKeys: TokenKeys;
  /** users by fixed token */
  readonly staticTokens?: ReadonlyMap<string, UserInfo>;
  /** which requests are written down, and where to; none when absent */
  readonly audit?: { readonly policy: AuditPolicy; readonly sink: AuditSink };
  /** told of everything that goes in and out */
  readonly traffic?: Traffic;
  /** the way to webhooks and to servers behind this one; nowhere when absent */
  readonly outbound?: Outbound;
  /** what the server shows kubelets of itself */
  readonly kubeletClient?: KeyPair;
  /** what went wrong without a client to be told in full */
  readonly onError: (error: unknown) => void;
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const SERVICE_CIDR = { cidr: '10.96.0.0/12', first: '10.96.0.1' };

/**
 * kube-apiserver: the one door to the cluster's state in etcd. It keeps nothing of its own, so
 * several can serve one etcd.
 */
export class ApiServer implements Disposable {
  readonly #options: ApiServerOptions;
  readonly #registry: ResourceRegistry;
  readonly #discovery: Discovery;
  readonly #resources: ResourceRouter;
  readonly #access: AccessControl;
  readonly #openApi = new OpenApi();
  #compactor: Compactor | undefined;
  readonly #loopback = new Loopback((request, connection) => this.handle(request, connection));
  readonly #definitions: DefinitionController;
  readonly #aggregation: Aggregation;
  readonly #health: Health;
  readonly #metrics: ServerMetrics;
  readonly #accountants: readonly Accountant[];

  constructor(options: ApiServerOptions) {
    const { etcd, clock, random, address, outbound = noOutbound, onError } = options;
    this.#options = options;
    this.#health = new Health(etcd, clock);
    this.#metrics = new ServerMetrics(clock, (info) => this.#isServed(info));
    const { audit, traffic } = options;
    const auditLog =
      audit === undefined ? undefined : new AuditLog(audit.policy, audit.sink, clock);
    this.#accountants = [this.#metrics, auditLog, traffic].filter((each) => each !== undefined);
    const storage = new ObjectStorage(etcd, () => clock.now());
    this.#registry = new ResourceRegistry(
      makeBuiltInResources({
        etcd,
        storage,
        clock,
        random,
        serviceCidr: SERVICE_CIDR.cidr,
        onError,
      }),
    );
    this.#discovery = new Discovery(
      this.#registry,
      `${address.ip}:${address.port}`,
      () => this.#aggregation.groups,
    );
    this.#access = new AccessControl(this.#registry, {
      clientCa: options.clientCa,
      keys: options.serviceAccountKeys,
      issuer: ISSUER,
      staticTokens: options.staticTokens ?? new Map(),
      clock,
      random,
    });
    const stored = (group: string, plural: string): StoredResource =>
      this.#registry.stored(group, 'v1', plural);
    const services = stored('', 'services');
    const resolver = new Services(new Lister(services));
    const caller = new WebhookCaller(outbound, resolver, clock);
    this.#definitions = new DefinitionController({
      etcd,
      clock,
      onError,
      registry: this.#registry,
      openApi: this.#openApi,
      definitions: stored('apiextensions.k8s.io', 'customresourcedefinitions'),
      loopback: this.#loopback,
      converterFor: ({ spec: { conversion } }) =>
        conversion?.strategy === 'Webhook' && conversion.webhook !== undefined
          ? new WebhookConverter(conversion.webhook, caller, random)
          : noConversion,
    });
    const apiServices = stored('apiregistration.k8s.io', 'apiservices');
    this.#metrics.register(
      ...(auditLog?.metrics ?? []),
      ...stateMetrics({
        etcd,
        registry: this.#registry,
        apiServices: new Lister(apiServices),
        startedAt: clock.now(),
        version: buildInfo,
      }),
    );
    this.#aggregation = new Aggregation({
      registry: this.#registry,
      openApi: this.#openApi,
      loopback: this.#loopback,
      apiServices,
      servicesResource: services,
      endpointSlices: stored('discovery.k8s.io', 'endpointslices'),
      services: resolver,
      outbound,
      clock,
      onError,
      ...(options.frontProxyClient === undefined ? {} : { client: options.frontProxyClient }),
    });
    const { kubeletClient } = options;
    const connections = new Connections(this.#registry, outbound, kubeletClient, random);
    this.#resources = new ResourceRouter(this.#registry, connections, {
      etcd,
      clock,
      random,
      admission: makeAdmission({
        registry: this.#registry,
        storage,
        access: this.#access,
        clock,
        random,
        caller,
        onStep: (step) => this.#metrics.admitted(step),
        onError,
      }),
      access: this.#access,
      authorizeCreate: ({ context }) =>
        this.#access.authorize(context.user, { ...context.info, verb: 'create' }),
    });
  }

  /**
   * Takes up what etcd holds, and makes what every cluster has. Until it resolves, requests wait
   * for the part they need.
   */
  async start(): Promise<void> {
    await Promise.all(
      this.#stored.map(({ cache, conversion }) => Promise.all([cache.ready(), conversion?.load()])),
    );
    this.#health.finish('caches');
    await this.#definitions.start();
    this.#health.finish('definitions');
    await bootstrap(this.#loopback, {
      address: this.#options.address,
      serviceCidr: SERVICE_CIDR.cidr,
      serviceIp: SERVICE_CIDR.first,
      clientCa: this.#options.clientCa,
      frontProxyCa: this.#options.frontProxyCa,
    });
    this.#health.finish('bootstrap');
    await this.#aggregation.start();
    this.#health.finish('aggregation');
    const { etcd, clock, onError } = this.#options;
    this.#compactor = new Compactor(etcd, clock, onError);
  }

  /** Answers any request; never rejects. */
  async handle(request: HttpRequest, connection: Connection): Promise<HttpResponse | TakenOver> {
    const warnings = new Set<string>();
    const { clock, random } = this.#options;
    const exchange = new Exchange(
      request,
      connection.remoteAddress,
      newUid(random),
      clock,
      this.#accountants,
    );
    let response: HttpResponse | TakenOver;
    try {
      const target = parseTarget(request.url);
      const info = parseRequestInfo(request.method, target);
      exchange.info = info;
      const user = await this.#identify(exchange, connection);
      await this.#access.authorize(user, info, ({ allowed, reason }) => {
        this.#metrics.authorized(allowed);
        exchange.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid');
        exchange.annotate('authorization.k8s.io/reason', reason);
      });
      await this.#options.traffic?.pass(exchange);
      response = await this.#answer({
        request,
        info,
        query: target.query,
        parameters: new Parameters(target.query),
        user,
        exchange,
        warn: (text) => void warnings.add(text),
      });
    } catch (error) {
      response = this.#failure(request, error);
    }
    const { headers } = response;
    headers.set('audit-id', exchange.auditId);
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-cache, private');
    for (const value of warningHeaders(warnings)) headers.append('warning', value);
    return exchange.respond(response);
  }

  /** Who makes a request, or as whom they act. */
  async #identify(exchange: Exchange, connection: Connection): Promise<UserInfo> {
    const { request } = exchange;
    try {
      exchange.user = await this.#access.authenticate(request, connection);
    } finally {
      exchange.received();
    }
    const user = await this.#access.actingAs(exchange.user, request);
    if (user !== exchange.user) exchange.actingAs = user;
    return user;
  }

  dispose(): void {
    this.#health.stop();
    this.#compactor?.dispose();
    this.#definitions.dispose();
    this.#aggregation.dispose();
    for (const { cache } of this.#stored) cache.dispose();
  }

  get #stored(): readonly StoredResource[] {
    return this.#registry.all.filter(isStored);
  }

  async #answer(context: RequestContext): Promise<HttpResponse | TakenOver> {
    const { info, query } = context;
    // Go's servers do not take a path for another that is like it.
    if (info.path.startsWith('//')) throw noSuchPath();
    const proxied = await this.#aggregation.handle(context);
    if (proxied !== undefined) return proxied;
    if (info.isResourceRequest) return this.#resources.handle(context);
    const found = await this.#discovery.handle(context);
    if (found !== undefined) return found;
    const document = await openApiResponse(this.#openApi, context, this.#options.clock.now());
    if (document !== undefined) return document;
    if (info.path === '/') return this.#index(context);
    if (info.path === '/version') return versionResponse();
    if (info.path === '/metrics') return this.#metrics.response();
    const health = this.#health.handle(info.path, query);
    if (health !== undefined) return health;
    if (info.path === '/openid/v1/jwks')
      return encodedResponse(200, await this.#access.tokens.keySet(), JSON_FORMAT);
    if (info.path === '/.well-known/openid-configuration')
      return encodedResponse(
        200,
        this.#access.tokens.configuration(`https://${this.#address}/openid/v1/jwks`),
        JSON_FORMAT,
      );
    throw noSuchPath();
  }

  #index({ request, query }: RequestContext): HttpResponse {
    const paths = [...OTHER_PATHS, ...this.#discovery.paths, ...this.#health.paths].toSorted();
    const format = negotiateOutput(request.headers, query, { transforms: [] });
    return encodedResponse(200, { paths }, { ...format, pretty: true });
  }

  #isServed({ apiGroup, apiVersion, resource, subresource }: RequestInfo): boolean {
    const { definition } = this.#registry.find(apiGroup, apiVersion, resource) ?? {};
    if (definition === undefined) return false;
    return subresource === '' || definition.subresources.some(({ name }) => name === subresource);
  }

  get #address(): string {
    const { ip, port } = this.#options.address;
    return `${ip}:${port}`;
  }

  #failure(request: HttpRequest, error: unknown): HttpResponse {
    const status = toStatus(error);
    // Upstream answers some mistakes of clients with 500 too; those are no news.
    if (!(error instanceof StatusError) || status.reason === 'InternalError')
      this.#options.onError(error);
    try {
      const { path, query } = parseTarget(request.url);
      if (isNoSuchPath(status) && !this.#registry.covers(path)) return pageNotFound();
      const format = negotiateOutput(request.headers, query, { transforms: [] });
      return statusResponse(status, format);
    } catch {
      return statusResponse(status, JSON_FORMAT);
    }
  }
}

/** Served beside discovery and health checks. */
const OTHER_PATHS = [
  '/.well-known/openid-configuration',
  '/metrics',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/version',
];

const JSON_FORMAT = { encoding: 'json', pretty: false } as const;
