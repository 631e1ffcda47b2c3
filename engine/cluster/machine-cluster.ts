import type { ClusterFacade, ClusterNodeState, ClusterState } from '../api/cluster.ts';
import type { LabMachine, Stop } from '../api/lab.ts';
import type { SchedulerHost, SchedulerService } from '../api/scheduler.ts';
import type { UserInfo } from '../api/user-info.ts';
import type { Outbound } from '../apiserver/outbound/outbound.ts';
import { DisposableStore } from '../base/disposable.ts';
import { installCloudControllerManager } from '../cloud/manifest.ts';
import { cloudApi } from '../cloud/simulator/cloud-api.ts';
import { SimulatedCloud } from '../cloud/simulator/simulated-cloud.ts';
import { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import type { Transport } from '../client/transport.ts';
import { httpServiceOf, type HttpHandler } from '../http/index.ts';
import type { Service } from '../objects/generated/core-v1.generated.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { kubeconfig } from '../pki/kubeconfig.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { classes } from './addons/classes.ts';
import { clusterAccess } from './addons/cluster-access.ts';
import { coreDns, coreDnsAccounts } from './addons/core-dns.ts';
import { install } from './addons/install.ts';
import { nodeDaemonAccounts, nodeDaemons } from './addons/node-daemons.ts';
import type { ClusterHost } from './cluster-host.ts';
import { ADMINISTRATOR } from './cluster-users.ts';
import { ComponentWorkers } from './components/component-workers.ts';
import { ControlPlaneLinks } from './components/control-plane-links.ts';
import {
  controlPlanePrograms,
  type ControlPlaneWorkers,
} from './components/control-plane-programs.ts';
import { nodePrograms, type NodeWorkers } from './components/node-programs.ts';
import { staticPods } from './components/static-pods.ts';
import { LabError } from './lab-error.ts';
import type { WorkerLab } from './lab.ts';
import type { WorkerLabMachine } from './lab-machine.ts';
import { loadClusterPki } from './load-cluster-pki.ts';
import { ApiServerListener } from './node/api-server-listener.ts';
import { ClusterNode } from './node/cluster-node.ts';
import { controlPlaneFiles, workerFiles } from './node/kubernetes-files.ts';
import { outboundFrom } from './node/machine-outbound.ts';
import { servicePorts } from './node/service-ports.ts';
import { overWay } from './node/way.ts';
import { Observable } from './observable.ts';

export interface MachineClusterOptions {
  /** machines; the first is the control plane's */
  readonly nodes: number;
  readonly host: ClusterHost;
  /** that has the machines, and maybe others; it is the caller's to close */
  readonly lab: WorkerLab;
  /** `--controllers` of kube-controller-manager */
  readonly controllers?: readonly string[];
  /** what nodes get addresses for Pods from */
  readonly clusterCidr?: string;
  /** further flags of kube-controller-manager, such as `--node-monitor-period=2s` */
  readonly managerFlags?: readonly string[];
  /** asked before the network: what is not on it, such as nodes that pretend */
  readonly elsewhere?: (host: string) => Outbound | undefined;
  readonly onError: (error: unknown) => void;
}

const CLUSTER_CIDR = '10.244.0.0/16';
const API_PORT = 6443;
const KUBELET_PORT = 10_250;
const CONTROL_PLANE = 'control-plane';
const CONTROL_PLANE_TAINT = {
  key: 'node-role.kubernetes.io/control-plane',
  effect: 'NoSchedule',
} as const;
/** As kubeadm marks it. */
const CONTROL_PLANE_LABELS = { 'node-role.kubernetes.io/control-plane': '' };
/** Not the only node: somebody has to answer for load balancers. */
const NO_LOAD_BALANCING = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
const MACHINE_TYPE = 'drydock.small';

/**
 * A cluster of machines: on each a kubelet with its container runtime; on the first one the control plane, in
 * Pods that its kubelet starts from /etc/kubernetes/manifests. It is the same in a page and in Node.
 */
export class MachineCluster implements ClusterFacade {
  readonly links = new ControlPlaneLinks();
  readonly #options: MachineClusterOptions;
  readonly #state: Observable<ClusterState>;
  readonly #nodes: readonly ClusterNode[];
  readonly #unplugged = new Set<string>();
  readonly #ready = new Map<string, boolean>();
  readonly #workers: ControlPlaneWorkers & NodeWorkers;
  readonly #data = new MemoryStorage();
  readonly #pki: Promise<ClusterPki>;
  readonly #cloud: Promise<SimulatedCloud>;
  readonly #owned = new DisposableStore();
  readonly #closing = new AbortController();
  #scheduler: SchedulerHost | undefined;
  /** of which nodes' ports are shown */
  #services: readonly Service[] = [];

  /** Begins nothing yet; `start` does. */
  constructor(options: MachineClusterOptions) {
    this.#options = options;
    const { host, lab, nodes } = options;
    const { clock, random, spawnComponent } = host;
    this.#workers = {
      etcd: new ComponentWorkers(spawnComponent.etcd),
      'kube-apiserver': new ComponentWorkers(spawnComponent['kube-apiserver']),
      'kube-controller-manager': new ComponentWorkers(spawnComponent['kube-controller-manager']),
      'kube-scheduler': new ComponentWorkers(spawnComponent['kube-scheduler']),
      'cloud-controller-manager': new ComponentWorkers(spawnComponent['cloud-controller-manager']),
      'kube-proxy': new ComponentWorkers(spawnComponent['kube-proxy']),
      'drydock-network': new ComponentWorkers(spawnComponent['drydock-network']),
    };
    const names = Array.from({ length: nodes }, (_, index) =>
      index === 0 ? CONTROL_PLANE : `worker-${index}`,
    );
    const ips = names.map((name) => lab.addressOf(name).replace(/\/.*$/, ''));
    this.links.address = `${ips[0]}:${API_PORT}`;
    this.links.prepare = async (handler) => {
      const client = this.#clientOver(
        handler({ remoteAddress: '127.0.0.1', clientCertificates: [], user: ADMINISTRATOR }),
      );
      await installCloudControllerManager(client);
      await install(client, [
        [...clusterAccess, ...classes, ...nodeDaemonAccounts, ...coreDnsAccounts],
      ]);
    };
    this.#pki = loadClusterPki(new MemoryStorage(), ips[0]);
    this.#cloud = SimulatedCloud.open({ storage: new MemoryStorage(), clock, random });
    this.#nodes = names.map((name, index) => this.#node(name, ips[index] ?? ''));
    this.#state = new Observable<ClusterState>({
      kind: 'starting',
      text: 'Starting machines',
      nodes: this.#nodeStates(),
    });
  }

  async start(): Promise<void> {
    const { lab } = this.#options;
    try {
      for (const workers of Object.values(this.#workers)) workers.prepare();
      for (const node of this.#nodes) {
        this.#owned.add({ dispose: node.view.observe(() => this.#nodeChanged()) });
        this.#owned.add({ dispose: lab.onMachines((machines) => this.#follow(node, machines)) });
      }
      await this.#registerMachines();
      const starting = this.#nodes.map(({ name }) =>
        lab.addMachine({ name, profile: 'node', start: 'restore' }),
      );
      await Promise.all([...starting, this.#becomeReady()]);
      this.#show({ kind: 'ready', text: 'Every node is ready' });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#show({ kind: 'failed', text: error.message, error });
      throw error;
    }
  }

  state(): ClusterState {
    return this.#state.value;
  }

  onState(listener: (state: ClusterState) => void): Stop {
    return this.#state.observe(listener);
  }

  /** The way to the API server as this user, from beside the control plane's machine. */
  transport(user: UserInfo): Transport {
    return overWay(
      this.links.handler({ remoteAddress: '127.0.0.1', clientCertificates: [], user }),
      this.#wayOptions(this.#controlPlane),
    );
  }

  /** Of an administrator. @param server https://HOST:PORT */
  async kubeconfig(server: string): Promise<string> {
    const { ca, admin } = await this.#pki;
    return kubeconfig(server, ca.certificate, 'kubernetes-admin', admin);
  }

  /** Certificate and key of the API server. */
  async serving(): Promise<ClusterPki['apiserver']> {
    return (await this.#pki).apiserver;
  }

  /** The API of the cloud around the cluster. */
  async cloud(): Promise<HttpHandler> {
    return cloudApi(await this.#cloud, this.#options.host.clock);
  }

  machine(node: string): LabMachine {
    return this.#machineOf(node);
  }

  /** What a shell command prints in the machine of a node. Rejects with it when the command fails. */
  async run(node: string, command: string): Promise<string> {
    const agent = await this.#machineOf(node).agent();
    const argv = ['bash', '-lc', `{ ${command}; } 2>&1`];
    const { exit, stdout } = await agent.call('run', { argv, login: true });
    if (exit.code !== 0) throw new Error(`${command}: exit status ${exit.code}: ${stdout}`);
    return stdout;
  }

  setCable(node: string, plugged: boolean): void {
    const { name } = this.#find(node);
    this.#options.lab.setCable(name, plugged);
    if (plugged) this.#unplugged.delete(name);
    else this.#unplugged.add(name);
    this.#nodeChanged();
  }

  freeze(node: string): Promise<void> {
    return this.#machineOf(node).pause();
  }

  thaw(node: string): Promise<void> {
    return this.#machineOf(node).resume();
  }

  kill(node: string): Promise<void> {
    return this.#machineOf(node).destroy();
  }

  async replace(node: string): Promise<void> {
    await this.#options.lab.resetMachine(this.#find(node).name, 'restore');
  }

  scheduler(): SchedulerService | undefined {
    return this.#scheduler;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The cluster was closed.'));
    this.#owned.dispose();
    await Promise.all(this.#nodes.map((node) => node.close()));
    for (const workers of Object.values(this.#workers)) workers.dispose();
    const names = new Set(this.#nodes.map(({ name }) => name));
    await Promise.all(
      this.#options.lab
        .machines()
        .filter(({ name }) => names.has(name))
        .map((machine) => machine.destroy()),
    );
  }

  get #controlPlane(): ClusterNode {
    const [first] = this.#nodes;
    if (first === undefined) throw new RangeError('A cluster has at least one node.');
    return first;
  }

  #node(name: string, ip: string): ClusterNode {
    const { host, lab, nodes, onError } = this.#options;
    const role = name === CONTROL_PLANE ? 'control-plane' : 'worker';
    const dedicated = role === 'control-plane' && nodes > 1;
    return new ClusterNode({
      host,
      hub: lab.hub,
      name,
      ip,
      role,
      labels: {
        ...(role === 'control-plane' ? CONTROL_PLANE_LABELS : {}),
        ...(dedicated ? NO_LOAD_BALANCING : {}),
      },
      taints: dedicated ? [CONTROL_PLANE_TAINT] : [],
      files: this.#files(name, ip),
      programs: (machine) => this.#programs(name, ip, machine),
      api: (user) => this.#apiFrom(name, ip, user),
      onError,
    });
  }

  async #files(name: string, ip: string) {
    const { clusterCidr = CLUSTER_CIDR, controllers, managerFlags, host } = this.#options;
    const options = {
      pki: await this.#pki,
      server: `https://${this.links.address}`,
      nodeName: name,
      clock: host.clock,
      random: host.random,
    };
    if (name !== CONTROL_PLANE) return workerFiles(options);
    return controlPlaneFiles(
      options,
      staticPods({
        address: ip,
        clusterCidr,
        ...(controllers === undefined ? {} : { controllers }),
        ...(managerFlags === undefined ? {} : { managerFlags }),
      }),
    );
  }

  #programs(name: string, ip: string, machine: WorkerLabMachine) {
    const openPort = (user: UserInfo): MessagePort =>
      exposeOnPort(httpServiceOf(this.#apiFrom(name, ip, user)));
    const ofNode = nodePrograms({
      workers: this.#workers,
      nodeName: name,
      nodeIp: ip,
      openMachine: () => machine.openPort(),
      openPort,
    });
    if (name !== CONTROL_PLANE) return ofNode;
    const agent = machine.agent();
    return {
      ...ofNode,
      ...controlPlanePrograms({
        links: this.links,
        workers: this.#workers,
        hostName: name,
        address: ip,
        pki: this.#pki,
        data: this.#data,
        outbound: this.#outbound,
        cloud: async (request) => (await this.cloud())(request),
        openPort,
        readFile: async (path) => (await agent).readTextFile(path),
        onScheduler: (scheduler) => (this.#scheduler = scheduler),
      }),
    };
  }

  /** Requests from a node, as this user. */
  #apiFrom(name: string, ip: string, user: UserInfo): HttpHandler {
    const remoteAddress = name === CONTROL_PLANE ? '127.0.0.1' : ip;
    const handler = this.links.handler({ remoteAddress, clientCertificates: [], user });
    return (request) => overWay(handler, this.#wayOptions(this.#find(name)))(request);
  }

  #wayOptions({ way }: ClusterNode) {
    return { way, address: this.links.address, clock: this.#options.host.clock };
  }

  /** From the API server: to kubelets by the addresses of their nodes, to everything else from its machine. */
  readonly #outbound: Outbound = (peer, request) => {
    const elsewhere = this.#options.elsewhere?.(peer.host);
    if (elsewhere !== undefined) return elsewhere(peer, request);
    const node =
      peer.port === KUBELET_PORT ? this.#nodes.find(({ ip }) => ip === peer.host) : undefined;
    if (node === undefined)
      return outboundFrom(() => this.#machineOf(CONTROL_PLANE).agent())(peer, request);
    const address = `${peer.host}:${peer.port}`;
    return overWay(node.kubelet, { ...this.#wayOptions(node), address })(request);
  };

  /** The cloud has the machines before anybody asks it for them. */
  async #registerMachines(): Promise<void> {
    const cloud = await this.#cloud;
    await cloud.ensureMachines(
      this.#nodes.map(({ name, ip }) => ({
        name,
        type: MACHINE_TYPE,
        addresses: [{ type: 'InternalIP' as const, address: ip }],
      })),
    );
    this.#owned.add(
      cloud.onPower(({ name, power }) => {
        if (!this.#nodes.some((node) => node.name === name)) return;
        const done = power === 'off' ? this.kill(name) : this.replace(name);
        done.catch(this.#options.onError);
      }),
    );
  }

  async #becomeReady(): Promise<void> {
    const { host, clusterCidr = CLUSTER_CIDR, onError } = this.#options;
    const listener = new ApiServerListener({
      links: this.links,
      node: this.#controlPlane,
      port: API_PORT,
      certificate: this.serving(),
      clock: host.clock,
      onError,
    });
    this.#owned.add(listener);
    this.#show({ text: 'Waiting for the API server' });
    await this.#served();
    const client = this.#clientOver(this.transport(ADMINISTRATOR));
    this.#show({ text: 'Waiting for the nodes' });
    const nodesReady = this.#watchNodes(client);
    void this.#watchServices(client);
    // Told below, when what comes before it has not failed.
    nodesReady.catch(() => {});
    await install(client, [[...nodeDaemons(clusterCidr), ...coreDns(1)]]);
    await nodesReady;
  }

  #clientOver(transport: Transport): Client {
    return new Client({ transport, clock: this.#options.host.clock, userAgent: 'drydock/1' });
  }

  #served(): Promise<void> {
    if (this.links.isServed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const { signal } = this.#closing;
      const onAbort = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      const subscription = this.links.onServed((isServed) => {
        if (!isServed) return;
        subscription.dispose();
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  /** Shows the ports of Services on the machines. */
  async #watchServices(client: Client): Promise<void> {
    const { signal } = this.#closing;
    const services = new Map<string, Service>();
    while (!signal.aborted) {
      services.clear();
      try {
        for await (const { type, object } of client.watch(resources.services, { signal })) {
          const { namespace, name } = object.metadata;
          if (type === 'DELETED') services.delete(`${namespace}/${name}`);
          else services.set(`${namespace}/${name}`, object);
          this.#services = [...services.values()];
          this.#showPorts();
        }
      } catch {
        // As with nodes, below.
        if (!signal.aborted) await this.#served().catch(() => {});
      }
    }
  }

  #showPorts(): void {
    for (const machine of this.#options.lab.machines()) {
      const node = this.#nodes.find(({ name }) => name === machine.name);
      if (node === undefined) continue;
      const ports = servicePorts(this.#services, node.ip);
      if (JSON.stringify(machine.ports()) !== JSON.stringify(ports)) machine.showPorts(ports);
    }
  }

  /** Keeps account of which nodes are ready, and resolves when all are for the first time. */
  #watchNodes(client: Client): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      void (async () => {
        while (!signal.aborted) {
          try {
            for await (const { type, object } of client.watch(resources.nodes, { signal })) {
              const { name } = object.metadata;
              const ready = object.status?.conditions?.find((each) => each.type === 'Ready');
              if (type === 'DELETED') this.#ready.delete(name);
              else if (ready !== undefined) this.#ready.set(name, ready.status === 'True');
              this.#nodeChanged();
              if (this.#nodes.every((node) => this.#ready.get(node.name) === true)) resolve();
            }
          } catch {
            // The API server is away; it comes back when its manifest does.
            if (!signal.aborted) await this.#served().catch(() => {});
          }
        }
      })();
    });
  }

  #follow(node: ClusterNode, machines: readonly WorkerLabMachine[]): void {
    const machine = machines.find(({ name }) => name === node.name);
    if (machine === undefined) return;
    node.attach(machine);
    this.#showPorts();
  }

  #nodeChanged(): void {
    const { isAlive, name } = this.#controlPlane;
    const plugged = !this.#unplugged.has(name);
    for (const node of this.#nodes)
      node.way.set(
        node === this.#controlPlane
          ? isAlive
          : isAlive && plugged && node.isAlive && !this.#unplugged.has(node.name),
      );
    this.#show({});
  }

  #nodeStates(): readonly ClusterNodeState[] {
    return this.#nodes.map(({ name, ip, role, view }) => ({
      name,
      ip,
      role,
      ...view.value,
      plugged: !this.#unplugged.has(name),
      ready: this.#ready.get(name),
    }));
  }

  #show(part: Partial<Omit<ClusterState, 'nodes'>>): void {
    this.#state.set({ ...this.#state.value, ...part, nodes: this.#nodeStates() });
  }

  #find(name: string): ClusterNode {
    const node = this.#nodes.find((each) => each.name === name);
    if (node === undefined) throw new LabError('NOT_RUNNING', `The cluster has no node ${name}.`);
    return node;
  }

  #machineOf(name: string): WorkerLabMachine {
    return this.#find(name).machine;
  }
}
