import type { MachineIdentity } from '../api/agent.ts';
import type { Clock } from '../base/clock.ts';
import { toHex } from '../base/hex.ts';
import type { Random } from '../base/random.ts';

const ENTROPY_BYTES = 64;

/** First bits of a MAC address that is local and no group (IEEE 802). */
const LOCAL_UNICAST = 0x02;

/** A new identity: machines restored from one saved state are clones until they get one. A machine that restarts keeps `known`. */
export function newIdentity(
  options: { hostname: string; address?: string | undefined },
  known: { machineId: string; mac: string } | undefined,
  random: Random,
  clock: Clock,
): MachineIdentity {
  const randomMac = (): string =>
    [LOCAL_UNICAST, ...random.bytes(5)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  return {
    hostname: options.hostname,
    machineId: known?.machineId ?? toHex(random.bytes(16)),
    mac: known?.mac ?? randomMac(),
    ...(options.address === undefined ? {} : { address: options.address }),
    time: clock.now(),
    entropy: btoa(String.fromCharCode(...random.bytes(ENTROPY_BYTES))),
  };
}
