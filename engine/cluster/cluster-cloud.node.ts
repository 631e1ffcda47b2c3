import type { CloudControllersHost } from '../api/cloud-controllers.ts';
import type { OpenApi } from '../api/controllers.ts';
import type { HollowHost } from '../api/hollow.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { isUninitialized } from '../cloud/controllers/cloud-nodes.ts';
import { installCloudControllerManager } from '../cloud/manifest.ts';
import { cloudApi } from '../cloud/simulator/cloud-api.ts';
import { SimulatedCloud } from '../cloud/simulator/simulated-cloud.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import type { Transport } from '../client/transport.ts';
import { hollowName, hostIpOf } from '../hollow/node-object.ts';
import { httpServiceOf } from '../http/index.ts';
import { listenHttp } from '../http/listen.node.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';
import { FileStorage } from '../storage/file-storage.node.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { KeptComponent } from './kept-component.ts';
import { spawnNodeCloudControllers } from './node-components.node.ts';

export interface ClusterCloudOptions {
  /** directory that keeps what the cloud has; memory when absent */
  readonly data?: string;
  /** of 127.0.0.1, where the cloud's API answers; nowhere when absent */
  readonly port?: number;
  readonly hostName: string;
  /** what Pods have addresses of */
  readonly clusterCidrs: readonly string[];
  /** to the API server, for controllers */
  readonly openApi: OpenApi;
  /** to the API server, as an administrator */
  readonly transport: Transport;
  readonly onError: (error: unknown) => void;
}

/** The simulated cloud around a cluster, and cloud-controller-manager. */
export interface ClusterCloud {
  /** http://127.0.0.1:PORT, if it answers there */
  readonly url: string | undefined;
  /** Has machines for so many hollow nodes. */
  addHollowMachines(count: number): Promise<void>;
  /** Tells hollow nodes which of their machines are off: what they have to know before they begin. */
  tellPower(nodes: HollowHost): Promise<void>;
  /** Lets hollow nodes live and end with their machines, and waits until the cloud has confirmed them. */
  power(nodes: () => HollowHost, count: number): Promise<void>;
  close(): Promise<void>;
}

const HOLLOW_MACHINE = 'hollow.8xlarge';

/** Resolves when cloud-controller-manager has confirmed so many hollow nodes. */
async function confirmed(client: Client, count: number): Promise<void> {
  const names = new Set<string>();
  const labelSelector = 'hollow.drydock.dev/node=true';
  for await (const { object } of client.watch(resources.nodes, { labelSelector })) {
    if (isUninitialized(object)) continue;
    names.add(object.metadata.name);
    if (names.size >= count) return;
  }
}

/** Opens the cloud and starts cloud-controller-manager in a worker. */
export async function startClusterCloud(options: ClusterCloudOptions): Promise<ClusterCloud> {
  const { data, port, hostName, clusterCidrs, openApi, transport, onError } = options;
  const cloud = await SimulatedCloud.open({
    storage: data === undefined ? new MemoryStorage() : await FileStorage.open(`${data}/cloud`),
    clock: systemClock,
    random: cryptoRandom,
  });
  const api = cloudApi(cloud, systemClock);
  const listener = port === undefined ? undefined : await listenHttp(port, api);
  const client = new Client({ transport, clock: systemClock, userAgent: 'drydock/1' });
  await installCloudControllerManager(client);
  const manager = await KeptComponent.start<CloudControllersHost>({
    name: 'cloud-controller-manager',
    spawn: spawnNodeCloudControllers,
    begin: (service) =>
      service.start(openApi, exposeOnPort(httpServiceOf(api)), { hostName, clusterCidrs }),
    clock: systemClock,
    random: cryptoRandom,
    onError,
  });
  return {
    url: listener === undefined ? undefined : `http://127.0.0.1:${listener.port}`,
    async addHollowMachines(count) {
      await cloud.ensureMachines(
        Array.from({ length: count }, (_, index) => ({
          name: hollowName(index),
          type: HOLLOW_MACHINE,
          addresses: [{ type: 'InternalIP', address: hostIpOf(index) }],
        })),
      );
    },
    async tellPower(nodes) {
      for (const { name, power } of cloud.state.machines)
        if (power === 'off') await nodes.setPower(name, false);
    },
    async power(nodes, count) {
      cloud.onPower(({ name, power }) => {
        nodes()
          .setPower(name, power === 'on')
          .catch(onError);
      });
      if (count > 0) await confirmed(client, count);
    },
    async close() {
      await manager.close((service) => service.stop());
      await listener?.close();
    },
  };
}
