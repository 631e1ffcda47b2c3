import type { MachineIdentity } from '../api/agent.ts';
import type { Clock } from '../base/clock.ts';
import { toHex } from '../base/hex.ts';
import type { Random } from '../base/random.ts';

const ENTROPY_BYTES = 64;

/** First byte of a MAC address that is local and no group (IEEE 802). */
const LOCAL_UNICAST = 0x02;

/**
 * A new identity: machines restored from one saved state are clones until they get one. A machine that restarts keeps `known`.
 * One with an address has the MAC that goes with it, as Docker gives them: who takes its place is found by the same.
 */
export function newIdentity(
  options: { hostname: string; address?: string | undefined },
  known: { machineId: string; mac: string } | undefined,
  random: Random,
  clock: Clock,
): MachineIdentity {
  return {
    hostname: options.hostname,
    machineId: known?.machineId ?? toHex(random.bytes(16)),
    mac: known?.mac ?? macOf(options.address, random),
    ...(options.address === undefined ? {} : { address: options.address }),
    time: clock.now(),
    entropy: btoa(String.fromCharCode(...random.bytes(ENTROPY_BYTES))),
  };
}

function macOf(address: string | undefined, random: Random): string {
  const own =
    address === undefined
      ? [...random.bytes(5)]
      : [0x42, ...(address.match(/\d+/g) ?? []).slice(0, 4).map(Number)];
  return [LOCAL_UNICAST, ...own].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
