import type { ControllersConfiguration, ControllersHost } from '../api/controllers.ts';
import type { HollowHost } from '../api/hollow.ts';
import type { SchedulerHost, SchedulerService } from '../api/scheduler.ts';
import { httpsOutbound } from '../apiserver/host/https-outbound.node.ts';
import type { Outbound } from '../apiserver/outbound/outbound.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import type { Transport } from '../client/transport.ts';
import { descriptors } from '../controllers/descriptors.ts';
import { enabledControllers } from '../controllers/enabled.ts';
import { answerAsHollowKubelet, isHollowAddress } from '../hollow/hollow-kubelet.ts';
import { startClusterCloud } from './cluster-cloud.node.ts';
import {
  ADMINISTRATOR,
  CLOUD_MANAGER,
  CONTROLLER_MANAGER,
  HOLLOW,
  openApiOf,
  SCHEDULER,
} from './cluster-users.ts';
import {
  startControlPlane,
  type ControlPlane,
  type ControlPlaneOptions,
} from './control-plane.node.ts';
import { KeptComponent } from './kept-component.ts';
import { spawnComponents } from './node-components.node.ts';

export interface ClusterOptions extends Omit<ControlPlaneOptions, 'outbound'> {
  /** nodes that only pretend */
  readonly hollow: number;
  /** milliseconds from a Pod's binding until a hollow node says it is ready */
  readonly hollowReadyAfter: number;
  /** which controllers run (`--controllers`); all that are on by default when absent */
  readonly controllers?: readonly string[];
  /** further flags of kube-controller-manager */
  readonly managerFlags?: Pick<
    ControllersConfiguration,
    'clusterCidr' | 'nodeMonitorPeriod' | 'nodeMonitorGracePeriod'
  >;
  /** makes other workers than usual for components */
  readonly spawn?: typeof spawnComponents;
  /** port of 127.0.0.1 at which the API of the simulated cloud answers, 0 for any free one; nowhere when absent */
  readonly cloudPort?: number;
}

/** What nodes get addresses for Pods from, as clusters usually have it: room for 256. */
const CLUSTER_CIDR = '10.244.0.0/16';
/** Room for 32,768. */
const LARGE_CLUSTER_CIDR = '10.128.0.0/9';
/** Hollow nodes up to which the usual range has room for others too. */
const MOST_IN_USUAL_RANGE = 200;

const USUAL_LEASE_SECONDS = 40;

/** A control plane with its scheduler and its controllers, and hollow nodes. */
export interface Cluster extends ControlPlane {
  readonly scheduler: SchedulerService;
  /** where the API of the simulated cloud answers, if it does */
  readonly cloudUrl: string | undefined;
}

const HOST_NAME = 'control-plane';

/** Hollow kubelets listen nowhere: what they would answer is known here. */
const outbound: Outbound = (peer, request) =>
  isHollowAddress(peer.host)
    ? Promise.resolve(answerAsHollowKubelet(request))
    : httpsOutbound(peer, request);

/** Resolves when Pods can be made in namespace `default`, as far as that is some controller's work. */
async function accountOfPods(
  transport: Transport,
  controllers: readonly string[] | undefined,
): Promise<void> {
  const enabled = enabledControllers(descriptors, controllers);
  if (!enabled.some(({ name }) => name === 'serviceaccount-controller')) return;
  const client = new Client({ transport, clock: systemClock, userAgent: 'drydock/1' });
  const only = { namespace: 'default', fieldSelector: 'metadata.name=default' };
  for await (const { type } of client.watch(resources.serviceAccounts, only))
    if (type === 'ADDED') return;
}

/** Kubelets must be heard of several times before they are given up. */
function leaseSecondsFor({ managerFlags }: ClusterOptions): number {
  const { nodeMonitorGracePeriod = Number.POSITIVE_INFINITY } = managerFlags ?? {};
  return Math.min(USUAL_LEASE_SECONDS, nodeMonitorGracePeriod / 1000);
}

/** Resolves when the API answers, Pods can be made and all nodes are ready. Each component is a worker thread of its own. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const closers: Close[] = [];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).toReversed()) await each();
  };
  try {
    const cluster = await start(options, (closer) => void closers.push(closer));
    return Object.assign(cluster, { close });
  } catch (error) {
    // Nothing is left of a cluster that did not come about.
    await close();
    throw error;
  }
}

type Close = () => Promise<void>;

/** @param owned told how what has begun is ended, the last first */
async function start(
  options: ClusterOptions,
  owned: (close: Close) => void,
): Promise<Omit<Cluster, 'close'>> {
  const { hollow, hollowReadyAfter, managerFlags = {} } = options;
  const { clusterCidr = hollow > MOST_IN_USUAL_RANGE ? LARGE_CLUSTER_CIDR : CLUSTER_CIDR } =
    managerFlags;
  const plane = await startControlPlane({ ...options, outbound });
  owned(() => plane.close());
  const { spawn = spawnComponents, onError } = options;
  const common = { clock: systemClock, random: cryptoRandom, onError };
  const scheduler = await KeptComponent.start<SchedulerHost>({
    ...common,
    name: 'kube-scheduler',
    spawn: spawn.scheduler,
    begin: (service) => service.start(plane.openPort(SCHEDULER), HOST_NAME),
  });
  owned(() => scheduler.close((service) => service.stop()));
  const configuration = {
    hostName: HOST_NAME,
    ...managerFlags,
    clusterCidr,
    rootCa: plane.pki.ca.certificate,
    signingAuthority: plane.pki.ca,
    serviceAccountKey: plane.pki.serviceAccount.key,
    ...(options.controllers === undefined ? {} : { controllers: options.controllers }),
  };
  const manager = await KeptComponent.start<ControllersHost>({
    ...common,
    name: 'kube-controller-manager',
    spawn: spawn.controllers,
    begin: (service) => service.start(openApiOf(plane.openPort, CONTROLLER_MANAGER), configuration),
  });
  owned(() => manager.close((service) => service.stop()));
  const { data, cloudPort: port } = options;
  const cloud = await startClusterCloud({
    ...(data === undefined ? {} : { data }),
    ...(port === undefined ? {} : { port }),
    hostName: HOST_NAME,
    clusterCidrs: clusterCidr.split(','),
    openApi: openApiOf(plane.openPort, CLOUD_MANAGER),
    transport: plane.transport(ADMINISTRATOR),
    onError,
  });
  owned(() => cloud.close());
  await cloud.addHollowMachines(hollow);
  const nodes =
    hollow === 0
      ? undefined
      : await KeptComponent.start<HollowHost>({
          ...common,
          name: 'hollow nodes',
          spawn: spawn.hollow,
          async begin(service) {
            await service.start(plane.openPort(HOLLOW), {
              count: hollow,
              readyAfter: hollowReadyAfter,
              leaseSeconds: leaseSecondsFor(options),
              inCloud: true,
            });
            await cloud.tellPower(service);
          },
        });
  if (nodes !== undefined) {
    owned(() => nodes.close());
    await cloud.power(() => nodes.service, hollow);
  }
  await accountOfPods(plane.transport(CONTROLLER_MANAGER), options.controllers);
  return {
    ...plane,
    get scheduler() {
      return scheduler.service;
    },
    cloudUrl: cloud.url,
  };
}
