import type { Clock } from '../../base/clock.ts';
import { toHex } from '../../base/hex.ts';
import type { Random } from '../../base/random.ts';
import type { ObjectReference } from '../../objects/generated/core-v1.generated.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { isDns1123Subdomain } from '../../objects/names.ts';

/** A reference as events have it (client-go's `tools/reference`). */
export function referenceTo(object: KubernetesObject, fieldPath?: string): ObjectReference {
  const { apiVersion, kind } = object;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  return {
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    apiVersion,
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** Names events: what they are about and the time in nanoseconds, which is never the same twice. */
export class EventNames {
  readonly #clock: Clock;
  readonly #random: Random;
  #last = 0n;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  next({ name = '' }: ObjectReference): string {
    // Clocks here count milliseconds, in which two components may tell of one object.
    const below = BigInt(Math.floor(this.#random.next() * 1_000_000));
    const now = BigInt(this.#clock.now()) * 1_000_000n + below;
    this.#last = now > this.#last ? now : this.#last + 1n;
    const candidate = `${name}.${this.#last.toString(16)}`;
    // Names such as `system:node` are allowed for roles, not for events.
    return isDns1123Subdomain(candidate).length === 0 ? candidate : toHex(this.#random.bytes(16));
  }
}
