import type { Bench } from '../bench.ts';
import { appBenches } from './app.ts';
import { clusterFirstKubectl, clusterReady, clusterReset, clusterResume } from './clusters.ts';
import { clusterUse } from './cluster-use.ts';
import { comparisons } from './comparisons.ts';
import { agentThroughput, echoLatency } from './channel.ts';
import { containerStart, dockerBuild, dockerExec, dockerReady, dockerRunFirst } from './docker.ts';
import { etcdPut, etcdRecover } from './etcd.ts';
import {
  apiCreate,
  apiGet,
  apiList,
  apiListPaged,
  apiWatchFanout,
  memoryOfPods,
} from './kubernetes.ts';
import { nodeBenches } from './nodes.ts';
import { bytesToDocker, bytesToShell, idleCpu, machineMemory } from './resources.ts';
import { deploymentRollout } from './rollout.ts';
import { scheduleThroughput } from './schedule.ts';
import { clickToShell, clickToShellFirst, coldBoot, restore } from './start.ts';

/** In the order in which they are reported. */
export const benches: readonly Bench[] = [
  coldBoot,
  restore,
  clickToShell,
  clickToShellFirst,
  ...appBenches,
  dockerReady,
  containerStart,
  dockerRunFirst,
  dockerExec,
  dockerBuild,
  ...comparisons.map(({ ours }) => ours),
  agentThroughput,
  echoLatency,
  bytesToShell,
  bytesToDocker,
  machineMemory,
  idleCpu,
  etcdPut,
  etcdRecover,
  apiCreate,
  apiGet,
  apiList,
  apiListPaged,
  apiWatchFanout,
  memoryOfPods,
  ...scheduleThroughput,
  ...deploymentRollout,
  ...nodeBenches,
  clusterReady,
  clusterFirstKubectl,
  clusterResume,
  clusterReset,
  ...clusterUse,
];

/** Also those of the original Docker Engine, which take minutes and are run on request. */
export const allBenches: readonly Bench[] = [
  ...benches,
  ...comparisons.map(({ reference }) => reference),
];

/** The bench that measures the same of the original Docker Engine. */
export function referenceOf(bench: Bench): Bench | undefined {
  return comparisons.find(({ ours }) => ours === bench)?.reference;
}
