import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../../objects/json-value.ts';
import type { Exchange } from '../request/exchange.ts';
import type { RequestInfo } from '../request/request-info.ts';

const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
/** How much of a request is written down: nothing, who did what, also the body, also the response's. */
export type AuditLevel = (typeof LEVELS)[number];

const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;
export type AuditStage = (typeof STAGES)[number];

/** What the policy says about one request. */
export interface AuditConfig {
  readonly level: AuditLevel;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

interface Resources {
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

interface Rule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly Resources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** `Policy` of audit.k8s.io/v1. */
interface Policy {
  readonly rules: readonly Rule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** A policy that cannot be one; the message says where. */
class AuditPolicyError extends Error {
  override readonly name = 'AuditPolicyError';
  readonly code = 'INVALID';
}

export function isAtLeast(level: AuditLevel, least: AuditLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

function checkStages(value: unknown, at: string): void {
  if (value === undefined) return;
  for (const [index, stage] of (Array.isArray(value) ? value : [value]).entries())
    if (!(STAGES as readonly unknown[]).includes(stage))
      throw new AuditPolicyError(
        `${at}[${index}]: Invalid value: ${JSON.stringify(stage)}: allowed stages are ${STAGES.join(',')}`,
      );
}

function checkRule(rule: unknown, at: string): void {
  if (!isJsonObject(rule)) throw new AuditPolicyError(`${at}: must be an object`);
  const { level, omitStages, resources, namespaces, nonResourceURLs } = rule;
  if (level === undefined) throw new AuditPolicyError(`${at}.level: Required value`);
  if (!(LEVELS as readonly unknown[]).includes(level))
    throw new AuditPolicyError(
      `${at}.level: Unsupported value: ${JSON.stringify(level)}: supported values: ${LEVELS.map((one) => JSON.stringify(one)).join(', ')}`,
    );
  checkStages(omitStages, `${at}.omitStages`);
  if (nonResourceURLs !== undefined && (resources !== undefined || namespaces !== undefined))
    throw new AuditPolicyError(
      `${at}.nonResourceURLs: Invalid value: ${JSON.stringify(nonResourceURLs)}: rules cannot apply to both regular resources and non-resource URLs`,
    );
}

function readPolicy(text: string): Policy {
  const value: unknown = parse(text);
  if (!isJsonObject(value)) throw new AuditPolicyError('The audit policy is no object.');
  const { apiVersion, kind, rules } = value;
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy')
    throw new AuditPolicyError(
      `The audit policy must be a Policy of audit.k8s.io/v1, not ${String(kind)} of ${String(apiVersion)}.`,
    );
  if (!Array.isArray(rules) || rules.length === 0)
    throw new AuditPolicyError('The audit policy has no rules.');
  for (const [index, rule] of rules.entries()) checkRule(rule, `rules[${index}]`);
  checkStages(value['omitStages'], 'omitStages');
  return value as JsonObject as unknown as Policy;
}

/**
 * Which requests are written down, and how much of them: the first rule that matches decides.
 * https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy
 */
export class AuditPolicy {
  readonly #policy: Policy;

  /** @param text YAML or JSON. Throws an `AuditPolicyError`. */
  constructor(text: string) {
    this.#policy = readPolicy(text);
  }

  configFor(exchange: Exchange): AuditConfig {
    const { rules, omitStages = [], omitManagedFields = false } = this.#policy;
    const rule = rules.find((one) => matches(one, exchange));
    return rule === undefined
      ? { level: 'None', omitStages, omitManagedFields }
      : {
          level: rule.level,
          omitStages: [...omitStages, ...(rule.omitStages ?? [])],
          omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
        };
  }
}

/** A list that is empty is for everything. */
function allows(list: readonly string[] | undefined, ...values: readonly string[]): boolean {
  return list === undefined || list.length === 0 || values.some((value) => list.includes(value));
}

function matches(rule: Rule, { user, info }: Exchange): boolean {
  if (!allows(rule.users, user?.username ?? '')) return false;
  if (!allows(rule.userGroups, ...(user?.groups ?? []))) return false;
  if (info === undefined || !allows(rule.verbs, info.verb)) return false;
  const { resources = [], namespaces = [], nonResourceURLs = [] } = rule;
  if (resources.length > 0 || namespaces.length > 0)
    return (
      info.isResourceRequest &&
      allows(namespaces, info.namespace) &&
      (resources.length === 0 || resources.some((one) => matchesResource(one, info)))
    );
  if (nonResourceURLs.length === 0) return true;
  return (
    !info.isResourceRequest && nonResourceURLs.some((pattern) => matchesPath(pattern, info.path))
  );
}

function matchesPath(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** `pods`, `pods/log`, `pods/*`, `*\/status`, `*`. */
function matchesResource(
  { group = '', resources = [], resourceNames }: Resources,
  { apiGroup, resource, subresource, name }: RequestInfo,
): boolean {
  if (group !== apiGroup && group !== '*') return false;
  if (resources.length === 0) return true;
  if (!allows(resourceNames, name)) return false;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (pattern) =>
      pattern === '*' ||
      pattern === whole ||
      (subresource !== '' && (pattern === `*/${subresource}` || pattern === `${resource}/*`)),
  );
}
