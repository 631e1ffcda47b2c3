import type { ResourceClaim, ResourceRequirements } from '../../generated/core-v1.generated.ts';
import { isDns1123Label } from '../../names.ts';
import { Quantity } from '../../quantity.ts';
import type { Place } from '../place.ts';
import {
  containerResourceName,
  isHugePages,
  isOvercommitAllowed,
  isWholePages,
  resourceQuantity,
} from '../resource-names.ts';
import { each, optionalName } from '../rules.ts';

/** Requests, limits and claims of a container, or of the Pod as a whole. */
export function resourceRequirements(
  { limits = {}, requests = {}, claims }: ResourceRequirements,
  at: Place,
  claimNames: ReadonlySet<string>,
  nameRule: (name: string, at: Place) => void = containerResourceName,
): void {
  const limitsAt = at.child('limits');
  const requestsAt = at.child('requests');
  for (const [name, limit] of Object.entries(limits)) {
    const place = limitsAt.key(name);
    nameRule(name, place);
    resourceQuantity(name, limit, place);
    wholePages(name, limit, place);
  }
  for (const [name, request] of Object.entries(requests)) {
    const place = requestsAt.key(name);
    nameRule(name, place);
    resourceQuantity(name, request, place);
    const limit = limits[name];
    if (limit !== undefined) {
      const order = Quantity.parse(request).compare(Quantity.parse(limit));
      if (order !== 0 && !isOvercommitAllowed(name)) {
        requestsAt.invalid(request, `must be equal to ${name} limit of ${limit}`);
      } else if (order > 0) {
        requestsAt.invalid(request, `must be less than or equal to ${name} limit of ${limit}`);
      }
    } else if (!isOvercommitAllowed(name)) {
      limitsAt.required('Limit must be set for non overcommitable resources');
    }
    wholePages(name, request, place);
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory')) {
    at.forbidden('HugePages require cpu or memory');
  }
  resourceClaims(claims, at.child('claims'), claimNames);
}

function wholePages(name: string, text: string, at: Place): void {
  if (isHugePages(name) && !isWholePages(name, Quantity.parse(text))) {
    at.invalid(text, `${text} is not positive integer multiple of ${name}`);
  }
}

function resourceClaims(
  claims: readonly ResourceClaim[] | undefined,
  at: Place,
  claimNames: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  each<ResourceClaim>(({ name, request }, place) => {
    if (!name) return place.required();
    if (seen.has(name)) {
      place.duplicate(name);
    } else {
      optionalName(isDns1123Label)(request, place.child('request'));
      const key = request ? `${name}/${request}` : name;
      if (seen.has(key)) place.duplicate(key);
      else if (!request) {
        for (const other of seen) if (other.startsWith(`${name}/`)) place.duplicate(name);
      }
      seen.add(key);
    }
    if (!claimNames.has(name)) {
      const list = [...claimNames].toSorted().join(', ');
      place.report(
        'FieldValueNotFound',
        name,
        `must be one of the names in pod.spec.resourceClaims${list === '' ? ' which is empty' : `: ${list}`}`,
      );
    }
  })(claims, at);
}
