import type { Bench } from '../bench.ts';
import { agentThroughput, echoLatency } from './channel.ts';
import {
  containerStart,
  dockerBuild,
  dockerExec,
  dockerReady,
  dockerRun,
  dockerRunFirst,
} from './docker.ts';
import { bytesToDocker, bytesToShell, idleCpu, machineMemory } from './resources.ts';
import { coldBoot, restore } from './start.ts';

/** In the order in which they are reported. */
export const benches: readonly Bench[] = [
  coldBoot,
  restore,
  dockerReady,
  containerStart,
  dockerRun,
  dockerRunFirst,
  dockerExec,
  dockerBuild,
  agentThroughput,
  echoLatency,
  bytesToShell,
  bytesToDocker,
  machineMemory,
  idleCpu,
];
