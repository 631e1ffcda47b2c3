import type {
  Container,
  PodSpec,
  ResourceRequirements,
} from '../../objects/generated/core-v1.generated.ts';
import { type Arithmetic, sumOfContainers } from '../../objects/pod-resources.ts';
import { amountOf } from '../../objects/amount-of.ts';
import { Amounts } from './amounts.ts';

type Requests = Map<string, number>;

/** What a container that asks for none of it counts with when nodes are scored: 0.1 cores, 200 MiB. */
export const DEFAULT_REQUESTS: ReadonlyMap<string, number> = new Map([
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024],
]);
const NONE: ReadonlyMap<string, number> = new Map();

const numbers: Arithmetic<number> = {
  plus: (one, other) => one + other,
  isMore: (one, other) => one > other,
};

/**
 * What a Pod asks for (component-helpers' `PodRequests`): its containers together, or what an init
 * container needs beside the sidecars that run by then, if that is more; what is set for the Pod as
 * a whole instead; and its overhead.
 * @param missing counts for containers without a request of that resource
 */
export function podRequests(spec: PodSpec, missing: ReadonlyMap<string, number> = NONE): Amounts {
  const total = sumOfContainers(spec, (container) => read(container, missing), numbers);
  for (const [resource, amount] of listOf(spec.resources)) total.set(resource, amount);
  const { overhead } = spec;
  for (const [name, text] of Object.entries(overhead ?? {}))
    total.set(name, (total.get(name) ?? 0) + amountOf(name, text));
  const amounts = new Amounts();
  for (const [resource, amount] of total) amounts.set(resource, amount);
  return amounts;
}

function listOf(resources: ResourceRequirements | undefined): Requests {
  const requests: Requests = new Map();
  const list = resources?.requests;
  if (list !== undefined)
    for (const name in list) requests.set(name, amountOf(name, list[name] ?? '0'));
  return requests;
}

function read(
  { resources }: Pick<Container, 'resources'>,
  missing: ReadonlyMap<string, number>,
): Requests {
  const requests = listOf(resources);
  for (const [name, amount] of missing) if (!requests.has(name)) requests.set(name, amount);
  return requests;
}
