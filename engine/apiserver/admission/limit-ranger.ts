import type {
  Container,
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
} from '../../objects/generated/core-v1.generated.ts';
import { containersTotal } from '../../objects/pod-resources.ts';
import { Quantity } from '../../objects/quantity.ts';
import { withMetadata, type ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { createdPod, isResource, refuseRequest, withPodSpec } from './attributes.ts';

const ANNOTATION = 'kubernetes.io/limit-ranger';

type Amounts = ReadonlyMap<string, Quantity>;

function read(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, Quantity.parse(text)]));
}

function minimum(
  type: string,
  name: string,
  enforced: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  const rule = `minimum ${name} usage per ${type} is ${enforced.toString()}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (request.compare(enforced) < 0) return `${rule}, but request is ${request.toString()}`;
  if (limit !== undefined && limit.compare(enforced) < 0)
    return `${rule}, but limit is ${limit.toString()}`;
  return undefined;
}

function maximum(
  type: string,
  name: string,
  enforced: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  const rule = `maximum ${name} usage per ${type} is ${enforced.toString()}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (limit.compare(enforced) > 0) return `${rule}, but limit is ${limit.toString()}`;
  if (request !== undefined && request.compare(enforced) > 0)
    return `${rule}, but request is ${request.toString()}`;
  return undefined;
}

function ratio(
  type: string,
  name: string,
  enforced: Quantity,
  request: Quantity | undefined,
  limit: Quantity | undefined,
): string | undefined {
  const rule = `${name} max limit to request ratio per ${type} is ${enforced.toString()}`;
  if (request === undefined || request.isZero())
    return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || limit.isZero())
    return `${rule}, but no limit is specified or limit is 0`;
  const observed = limit.toNumber() / request.toNumber();
  return observed > enforced.toNumber()
    ? `${rule}, but provided ratio is ${observed.toFixed(6)}`
    : undefined;
}

function problemsOf(limit: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  const problems: string[] = [];
  for (const [rule, check] of [
    ['min', minimum],
    ['max', maximum],
    ['maxLimitRequestRatio', ratio],
  ] as const)
    for (const [name, enforced] of read(limit[rule])) {
      const problem = check(limit.type, name, enforced, requests.get(name), limits.get(name));
      if (problem !== undefined) problems.push(problem);
    }
  return problems;
}

function podProblems({ spec }: LimitRange, pod: PodSpec): string[] {
  return (spec?.limits ?? []).flatMap((limit) => {
    switch (limit.type as string) {
      case 'Container':
        return [...(pod.containers ?? []), ...(pod.initContainers ?? [])].flatMap(({ resources }) =>
          problemsOf(limit, read(resources?.requests), read(resources?.limits)),
        );
      case 'Pod': {
        const total = (kind: 'requests' | 'limits'): Amounts =>
          new Map([...containersTotal(pod, kind), ...read(pod.resources?.[kind])]);
        return problemsOf(limit, total('requests'), total('limits'));
      }
      default:
        return [];
    }
  });
}

/** A claim has no limits: its request is held against both ends. */
function claimProblems({ spec }: LimitRange, claim: PersistentVolumeClaim): string[] {
  const requests = read(claim.spec.resources?.requests);
  return (spec?.limits ?? [])
    .filter(({ type }) => (type as string) === 'PersistentVolumeClaim')
    .flatMap((limit) => {
      const problems: string[] = [];
      for (const [name, enforced] of read(limit.min)) {
        const problem = minimum(limit.type, name, enforced, requests.get(name), undefined);
        if (problem !== undefined) problems.push(problem);
      }
      for (const [name, enforced] of read(limit.max)) {
        const request = requests.get(name);
        const rule = `maximum ${name} usage per ${limit.type} is ${enforced.toString()}`;
        if (request === undefined) problems.push(`${rule}.  No request is specified`);
        else if (request.compare(enforced) > 0)
          problems.push(`${rule}, but request is ${request.toString()}`);
      }
      return problems;
    });
}

interface Defaults {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

function defaultsOf({ spec }: LimitRange): Defaults {
  const limits = (spec?.limits ?? []).filter(({ type }) => (type as string) === 'Container');
  const merge = (lists: readonly (Readonly<Record<string, string>> | undefined)[]) =>
    Object.assign({}, ...lists) as Readonly<Record<string, string>>;
  return {
    requests: merge(limits.map(({ defaultRequest }) => defaultRequest)),
    limits: merge(limits.map((limit) => limit.default)),
  };
}

/** A container with what it left out, and a note of what was filled in. */
function filled(
  container: Container,
  { requests, limits }: Defaults,
  kind: string,
  notes: string[],
): Container {
  const own = container.resources ?? {};
  const missing = (
    given: Readonly<Record<string, string>> | undefined,
    defaults: Readonly<Record<string, string>>,
  ): string[] =>
    Object.keys(defaults)
      .filter((name) => given?.[name] === undefined)
      .toSorted();
  const noRequests = missing(own.requests, requests);
  const noLimits = missing(own.limits, limits);
  if (noRequests.length > 0)
    notes.push(`${noRequests.join(', ')} request for ${kind} ${container.name}`);
  if (noLimits.length > 0) notes.push(`${noLimits.join(', ')} limit for ${kind} ${container.name}`);
  if (noRequests.length + noLimits.length === 0) return container;
  return {
    ...container,
    resources: {
      ...own,
      ...(noLimits.length === 0 ? {} : { limits: { ...limits, ...own.limits } }),
      ...(noRequests.length === 0 ? {} : { requests: { ...requests, ...own.requests } }),
    },
  };
}

/** Holds Pods and claims to the limits of their namespace, and fills in what they leave out. */
export class LimitRanger implements AdmissionPlugin {
  readonly name = 'LimitRanger';
  readonly #ranges: Lister<LimitRange>;

  constructor(ranges: Lister<LimitRange>) {
    this.#ranges = ranges;
  }

  mutate(attributes: Attributes): ApiObject | undefined {
    let pod = createdPod(attributes);
    if (pod === undefined) return undefined;
    for (const range of this.#of(attributes)) {
      const notes: string[] = [];
      const defaults = defaultsOf(range);
      const { containers, initContainers } = pod.spec;
      const spec: PodSpec = {
        ...pod.spec,
        containers: (containers ?? []).map((one) => filled(one, defaults, 'container', notes)),
        ...(initContainers === undefined
          ? {}
          : {
              initContainers: initContainers.map((one) =>
                filled(one, defaults, 'init container', notes),
              ),
            }),
      };
      if (notes.length === 0) continue;
      const annotations = {
        ...pod.metadata.annotations,
        [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
      };
      pod = withMetadata(withPodSpec(pod, spec), { annotations }) as unknown as Pod;
    }
    return pod as unknown as ApiObject;
  }

  validate(attributes: Attributes): void {
    const { operation, subresource, resource, object, old } = attributes;
    if (object === undefined || old?.metadata.deletionTimestamp !== undefined) return;
    const isPod =
      createdPod(attributes) !== undefined ||
      (operation === 'UPDATE' && subresource === 'resize' && resource.definition.plural === 'pods');
    const isClaim =
      isResource(attributes, '', 'persistentvolumeclaims') &&
      (operation === 'CREATE' || operation === 'UPDATE');
    if (!isPod && !isClaim) return;
    for (const range of this.#of(attributes)) {
      const problems = isPod
        ? podProblems(range, (object as unknown as Pod).spec)
        : claimProblems(range, object as unknown as PersistentVolumeClaim);
      const distinct = [...new Set(problems)];
      if (distinct.length === 0) continue;
      throw refuseRequest(
        attributes,
        distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`,
      );
    }
  }

  #of({ namespace }: Attributes): readonly LimitRange[] {
    return this.#ranges.list(namespace);
  }
}
