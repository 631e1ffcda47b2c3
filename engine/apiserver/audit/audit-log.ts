import type { Clock } from '../../base/clock.ts';
import { isJsonObject, type JsonObject } from '../../objects/json-value.ts';
import { formatMicroTime } from '../../objects/time.ts';
import type { UserInfo } from '../auth/user-info.ts';
import { Count, type Metric } from '../../base/metric.ts';
import type { Accountant, Exchange } from '../request/exchange.ts';
import { type AuditConfig, type AuditPolicy, type AuditStage, isAtLeast } from './policy.ts';

/** Takes events, each a line of JSON without its end. */
export type AuditSink = (line: string) => void;

const LASTING = ['log', 'exec', 'attach', 'portforward', 'proxy'];

function userOf({ username, uid = '', groups, extra = {} }: UserInfo): JsonObject {
  return {
    username,
    ...(uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** Whom a request came from: who proxies say they have it from, then who sent it. */
function sourceIps({ request: { headers }, remoteAddress }: Exchange): readonly string[] {
  const told = [
    ...(headers.get('x-forwarded-for') ?? '').split(','),
    headers.get('x-real-ip') ?? '',
  ];
  const addresses = told.map((text) => text.trim()).filter((text) => /^[\d.]+$|:/.test(text));
  return [...new Set([...addresses, ...(remoteAddress === '' ? [] : [remoteAddress])])];
}

function parse(value: unknown): unknown {
  if (!(value instanceof Uint8Array)) return value;
  try {
    return JSON.parse(new TextDecoder().decode(value)) as unknown;
  } catch {
    return undefined;
  }
}

/** An object, or the items of a list, without what says who set which field. */
function withoutManagedFields(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  const { metadata, items } = value;
  const rest = isJsonObject(metadata)
    ? Object.fromEntries(Object.entries(metadata).filter(([key]) => key !== 'managedFields'))
    : undefined;
  return {
    ...value,
    ...(rest === undefined ? {} : { metadata: rest }),
    ...(Array.isArray(items) ? { items: items.map(withoutManagedFields) } : {}),
  };
}

/**
 * Writes down who did what, as the policy says: `Event` of audit.k8s.io/v1, one a line.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export class AuditLog implements Accountant {
  readonly #policy: AuditPolicy;
  readonly #sink: AuditSink;
  readonly #clock: Clock;
  readonly #configs = new WeakMap<Exchange, AuditConfig>();
  readonly #events = new Count(
    'counter',
    'apiserver_audit_event_total',
    '[ALPHA] Counter of audit events generated and sent to the audit backend.',
  );
  readonly #levels = new Count(
    'counter',
    'apiserver_audit_level_total',
    '[ALPHA] Counter of policy levels for audit events (1 per request).',
    ['level'],
  );

  constructor(policy: AuditPolicy, sink: AuditSink, clock: Clock) {
    this.#policy = policy;
    this.#sink = sink;
    this.#clock = clock;
  }

  get metrics(): readonly Metric[] {
    return [this.#events, this.#levels];
  }

  received(exchange: Exchange): void {
    const config = this.#policy.configFor(exchange);
    this.#configs.set(exchange, config);
    this.#levels.add([config.level]);
    // Who it is was not found out: there will be one event, about that.
    if (exchange.user !== undefined) this.#write(exchange, 'RequestReceived', exchange.receivedAt);
  }

  started(exchange: Exchange): void {
    const { info } = exchange;
    const lasts = info?.verb === 'watch' || LASTING.includes(info?.subresource ?? '');
    if (lasts) this.#write(exchange, 'ResponseStarted', this.#clock.now());
  }

  completed(exchange: Exchange): void {
    const stage = exchange.user === undefined ? 'ResponseStarted' : 'ResponseComplete';
    this.#write(exchange, stage, this.#clock.now());
  }

  #write(exchange: Exchange, stage: AuditStage, at: number): void {
    const config = this.#configs.get(exchange);
    if (config === undefined || config.level === 'None' || config.omitStages.includes(stage))
      return;
    this.#events.add();
    this.#sink(JSON.stringify(eventOf(exchange, config, stage, at)));
  }
}

function eventOf(
  exchange: Exchange,
  { level, omitManagedFields }: AuditConfig,
  stage: AuditStage,
  at: number,
): JsonObject {
  const { request, info, user, actingAs, auditId, receivedAt, annotations } = exchange;
  const ended = stage === 'ResponseComplete';
  const userAgent = request.headers.get('user-agent');
  const shown = (value: unknown): unknown =>
    omitManagedFields ? withoutManagedFields(value) : value;
  const given = isAtLeast(level, 'Request') && ended ? parse(exchange.object) : undefined;
  const answered = stage === 'RequestReceived' ? undefined : answerOf(exchange, level);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: auditId,
    stage,
    requestURI: request.url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, ''),
    verb: info?.verb ?? request.method.toLowerCase(),
    user: user === undefined ? {} : userOf(user),
    ...(actingAs === undefined ? {} : { impersonatedUser: userOf(actingAs) }),
    sourceIPs: sourceIps(exchange),
    ...(userAgent === null ? {} : { userAgent }),
    ...(info?.isResourceRequest === true ? { objectRef: objectRef(exchange, ended) } : {}),
    ...(answered === undefined ? {} : { responseStatus: answered.status }),
    ...(given === undefined ? {} : { requestObject: shown(given) }),
    ...(answered?.object === undefined || !ended ? {} : { responseObject: shown(answered.object) }),
    requestReceivedTimestamp: formatMicroTime(receivedAt),
    stageTimestamp: formatMicroTime(at),
    ...(annotations.size === 0 || stage === 'RequestReceived'
      ? {}
      : {
          annotations: Object.fromEntries(
            [...annotations].toSorted(([a], [b]) => (a < b ? -1 : 1)),
          ),
        }),
  };
}

/** What a request is about. The name of a new object is known once it is understood. */
function objectRef({ info, object }: Exchange, ended: boolean): JsonObject {
  if (info === undefined) return {};
  const { resource, namespace, apiGroup, apiVersion, subresource } = info;
  const metadata = ended && isJsonObject(object) ? object['metadata'] : undefined;
  const own = isJsonObject(metadata) ? metadata : {};
  const name = info.name === '' ? own['name'] : info.name;
  return {
    resource,
    ...(namespace === '' ? {} : { namespace }),
    ...(name === undefined || name === '' ? {} : { name }),
    ...(own['uid'] === undefined ? {} : { uid: own['uid'] }),
    ...(apiGroup === '' ? {} : { apiGroup }),
    apiVersion,
    ...(own['resourceVersion'] === undefined ? {} : { resourceVersion: own['resourceVersion'] }),
    ...(subresource === '' ? {} : { subresource }),
  };
}

/** How it ended, and the object of the response where the level wants it. */
function answerOf(
  { response, request }: Exchange,
  level: AuditConfig['level'],
): { readonly status: JsonObject; readonly object?: unknown } {
  const code = response?.status ?? 0;
  const body = response !== undefined && 'body' in response ? response.body : null;
  const wanted = isAtLeast(level, 'RequestResponse');
  // Where a Status may have come: failures, and what deletions answer.
  const look = body instanceof Uint8Array && (wanted || code >= 400 || request.method === 'DELETE');
  const object = look ? parse(body) : undefined;
  const isStatus = isJsonObject(object) && object['kind'] === 'Status';
  const told = isStatus ? { ...object, kind: undefined, apiVersion: undefined } : {};
  return {
    status: { metadata: {}, ...told, code },
    ...(wanted && isJsonObject(object) ? { object } : {}),
  };
}
