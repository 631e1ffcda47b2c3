import type { Bench } from '../bench.ts';
import { agentThroughput, echoLatency } from './channel.ts';
import { idleCpu, machineMemory } from './resources.ts';
import { coldBoot, restore } from './start.ts';

/** In the order in which they are reported. */
export const benches: readonly Bench[] = [
  coldBoot,
  restore,
  agentThroughput,
  echoLatency,
  machineMemory,
  idleCpu,
];
