import { systemClock } from '../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { Client } from '../../../engine/client/client.ts';
import { resources } from '../../../engine/client/resources.ts';
import { FakeApi } from '../../../engine/client/testing/fake-api.ts';
import { KubeProxy } from '../../../engine/kube-proxy/kube-proxy.ts';
import { EthernetSwitch } from '../../../engine/machine/ethernet-switch.ts';
import { NodeNetwork } from '../../../engine/node-network/node-network.ts';
import { testMachine, type TestMachine } from '../machine/machines.ts';

/** A Pod without containers: a network namespace that the network plugin has connected. */
export interface TestPod {
  readonly name: string;
  readonly address: string;
  /** Standard output of a shell command in its network, whether it succeeds or not. */
  sh(command: string): Promise<string>;
}

const clusterCidr = '10.244.0.0/16';

/** A machine with what runs on a node for its network, over an API server in memory. */
export class TestNode {
  readonly proxy: KubeProxy;
  readonly network: NodeNetwork;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;

  readonly name: string;
  readonly address: string;
  readonly machine: TestMachine;
  readonly #client: Client;

  constructor(name: string, address: string, machine: TestMachine, client: Client) {
    this.name = name;
    this.address = address;
    this.machine = machine;
    this.#client = client;
    const options = {
      nodeName: name,
      nodeIp: address,
      clusterCidr,
      client,
      agent: machine.agent,
      clock: systemClock,
      random: cryptoRandom,
      onError: (error: unknown) => console.error(name, error),
    };
    this.proxy = new KubeProxy(options);
    this.network = new NodeNetwork(options);
    this.#running = Promise.all([
      this.proxy.start(this.#stop.signal),
      this.network.start(this.#stop.signal),
    ]);
  }

  /** Connects a Pod, as the kubelet's runtime does, and tells of it. */
  async addPod(name: string, labels: Readonly<Record<string, string>>): Promise<TestPod> {
    const { netns, cni } = await this.machine.agent.call('sandbox.create', {
      id: name,
      mode: 'pod',
      hostname: name,
      network: 'cni',
      ipc: 'host',
      cni: { args: { K8S_POD_NAME: name, K8S_POD_NAMESPACE: 'shop' }, capabilities: {} },
    });
    const [address = ''] = cni?.ips[0]?.address.split('/') ?? [];
    await this.#client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop', labels },
      spec: {
        nodeName: this.name,
        containers: [{ name: 'main', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }],
      },
      status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
    });
    return {
      name,
      address,
      sh: (command) =>
        this.machine.sh(`nsenter --net=${netns} sh -c '${command.replaceAll("'", `'\\''`)}'; true`),
    };
  }

  /** Ends what runs; what it made in the kernel stays. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** As `stop`, and what it made goes too. */
  async leave(): Promise<void> {
    await this.stop();
    await this.proxy.remove();
    await this.network.remove();
  }
}

/** Two nodes on one switch, with ranges of addresses for their Pods. */
export async function twoNodes() {
  const client = new Client({
    transport: new FakeApi().transport,
    clock: systemClock,
    userAgent: 'test',
  });
  const ethernet = new EthernetSwitch(systemClock);
  await client.create(resources.serviceCIDRs, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: ['10.96.0.0/12'] },
  });
  await client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop' },
    spec: {},
  });
  const join = async (name: string, number: number): Promise<TestNode> => {
    const address = `10.0.0.${number + 11}`;
    const range = `10.244.${number}.0/24`;
    await client.create(resources.nodes, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      spec: { podCIDR: range, podCIDRs: [range] },
      status: { addresses: [{ type: 'InternalIP', address }] },
    });
    const machine = await testMachine({
      profile: 'node',
      hostname: name,
      address: `${address}/24`,
    });
    const { port1, port2 } = new MessageChannel();
    ethernet.plug(name, port1);
    await machine.service.connectNetwork(port2);
    return new TestNode(name, address, machine, client);
  };
  const nodes = [await join('worker-1', 1), await join('worker-2', 2)] as const;
  return {
    client,
    nodes,
    async end() {
      for (const node of nodes) {
        await node.stop();
        await node.machine.destroy();
      }
      ethernet.dispose();
    },
  };
}
