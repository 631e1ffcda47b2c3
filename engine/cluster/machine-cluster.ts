import type { Breakpoint, TrafficBatch } from '../api/api-traffic.ts';
import type { ClusterFacade, ClusterNodeState, ClusterState, PodCommand } from '../api/cluster.ts';
import type { RangeRequest, RangeResponse } from '../api/etcd.ts';
import type { HttpRequest, HttpResponse } from '../api/http-message.ts';
import type { AddMachine, LabMachine, LabTerminal, Stop } from '../api/lab.ts';
import type { Decision } from '../api/scheduler.ts';
import type { UserInfo } from '../api/user-info.ts';
import { DisposableStore } from '../base/disposable.ts';
import { cloudApi } from '../cloud/simulator/cloud-api.ts';
import { SimulatedCloud } from '../cloud/simulator/simulated-cloud.ts';
import { Client } from '../client/client.ts';
import { execInPod } from '../client/remote-command.ts';
import type { Transport } from '../client/transport.ts';
import type { HttpHandler } from '../http/index.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { administratorKubeconfig } from '../pki/kubeconfig.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import { installFoundations, installWorkloads } from './addons/addons.ts';
import type { ClusterHost } from './cluster-host.ts';
import { ClusterNodes, type ClusterNodesOptions } from './cluster-nodes.ts';
import { ADMINISTRATOR } from './cluster-users.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { ControlPlaneLinks } from './components/control-plane-links.ts';
import { LabError } from './lab-error.ts';
import type { WorkerLab } from './lab.ts';
import type { WorkerLabMachine } from './lab-machine.ts';
import { loadClusterPki } from './load-cluster-pki.ts';
import type { ClusterNode } from './node/cluster-node.ts';
import { controlPlaneListeners } from './node/control-plane-listeners.ts';
import { servicePorts } from './node/service-ports.ts';
import { Observable } from './observable.ts';
import { writeClusterFile } from './saved/cluster-file.ts';
import { saveMachines } from './saved/save-machines.ts';
import { settingsOf, type ClusterSettings, type SavedCluster } from './saved/saved-cluster.ts';
import { takeUp } from './saved/take-up.ts';

export interface MachineClusterOptions extends Partial<ClusterSettings> {
  /** machines; the first is the control plane's */
  readonly nodes: number;
  readonly host: ClusterHost;
  /** that has the machines, and maybe others; it is the caller's to close */
  readonly lab: WorkerLab;
  /** Goes on from there, with its settings and all of its nodes; further ones are new. */
  readonly saved?: SavedCluster;
  /** asked before the network: what is not on it, such as nodes that pretend */
  readonly elsewhere?: ClusterNodesOptions['elsewhere'];
  readonly onError: (error: unknown) => void;
}

const MACHINE_TYPE = 'drydock.small';

/**
 * A cluster of machines: on each a kubelet with its container runtime; on the first one the control plane, in
 * Pods that its kubelet starts from /etc/kubernetes/manifests. It is the same in a page and in Node.
 */
export class MachineCluster implements ClusterFacade {
  readonly links = new ControlPlaneLinks();
  readonly #options: MachineClusterOptions;
  readonly #settings: ClusterSettings;
  readonly #state: Observable<ClusterState>;
  readonly #nodes: ClusterNodes;
  readonly #etcd: MemoryStorage;
  readonly #cloudStorage: MemoryStorage;
  readonly #cloud: Promise<SimulatedCloud>;
  readonly #owned = new DisposableStore();
  readonly #closing = new AbortController();
  /** One after another: machines that are being saved stand still, and would be taken for ones that were paused. */
  #saving: Promise<unknown> = Promise.resolve();
  /** as soon as there is an API server */
  #watch: ClusterWatch | undefined;

  /** Begins nothing yet; `start` does. */
  constructor(options: MachineClusterOptions) {
    this.#options = options;
    const { saved, host, lab, elsewhere, onError } = options;
    this.#settings = saved?.settings ?? settingsOf(options);
    this.#etcd = new MemoryStorage(saved?.etcd);
    this.#cloudStorage = new MemoryStorage(saved?.cloud);
    this.#cloud = SimulatedCloud.open({ ...host, storage: this.#cloudStorage });
    this.#nodes = new ClusterNodes({
      host,
      lab,
      onError,
      nodes: Math.max(options.nodes, saved?.nodes.length ?? 0),
      settings: this.#settings,
      saved: saved?.nodes ?? [],
      links: this.links,
      loadPki: async (address) => saved?.pki ?? loadClusterPki(new MemoryStorage(), address),
      data: this.#etcd,
      cloud: async (request) => (await this.cloud())(request),
      ...(elsewhere === undefined ? {} : { elsewhere }),
    });
    this.links.prepare = async (handler) => {
      const client = this.#clientOver(
        handler({ remoteAddress: '127.0.0.1', clientCertificates: [], user: ADMINISTRATOR }),
      );
      if (saved === undefined) await installFoundations(client);
      else await takeUp(client, this.#nodes, saved);
    };
    this.#state = new Observable<ClusterState>({
      kind: 'starting',
      text: options.saved === undefined ? 'Starting machines' : 'Restoring machines',
      nodes: this.#nodeStates(),
    });
  }

  async start(): Promise<void> {
    const { lab } = this.#options;
    try {
      this.#nodes.prepare();
      for (const node of this.#nodes.all) {
        this.#owned.add({ dispose: node.view.observe(() => this.#nodeChanged()) });
        this.#owned.add({ dispose: lab.onMachines((machines) => this.#follow(node, machines)) });
      }
      await this.#registerMachines();
      const added = this.#addMachines();
      // Left by machines of a cluster before that this one does not have.
      await Promise.all([...added, lab.endVacated(), this.#becomeReady()]);
      this.#show({ kind: 'ready', text: 'Every node is ready' });
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      void lab.endVacated();
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
    return this.#nodes.handler(user);
  }

  async api(request: HttpRequest): Promise<HttpResponse> {
    const response = await this.transport(ADMINISTRATOR)(request);
    if ('takeOver' in response) throw new TypeError(`${request.url} upgrades the connection`);
    return response;
  }

  exec(command: PodCommand): Promise<LabTerminal> {
    const { clock, random } = this.#options.host;
    return execInPod({ transport: this.transport(ADMINISTRATOR), clock, random }, command);
  }

  onTraffic(listener: (batch: TrafficBatch) => void): Stop {
    return this.links.onTraffic(listener);
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    this.links.setBreakpoints(breakpoints);
  }

  release(id: number): void {
    this.links.release(id);
  }

  readEtcd(request: RangeRequest): Promise<RangeResponse> {
    return this.links.readEtcd(request);
  }

  explain(namespace: string, name: string): Promise<Decision | undefined> {
    return this.links.explain(namespace, name);
  }

  /** Of an administrator. @param server https://HOST:PORT */
  async kubeconfig(server: string): Promise<string> {
    return administratorKubeconfig(server, await this.#nodes.pki);
  }

  /** Certificate and key of the API server. */
  async serving(): Promise<ClusterPki['apiserver']> {
    return (await this.#nodes.pki).apiserver;
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
    this.#options.lab.setCable(this.#nodes.find(node).name, plugged);
    this.#nodeChanged();
  }

  setDelay(node: string, delay: number): void {
    this.#options.lab.setDelay(this.#nodes.find(node).name, delay);
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
    const { lab } = this.#options;
    const { name } = this.#nodes.find(node);
    if (lab.machines().some((machine) => machine.name === name))
      await lab.resetMachine(name, 'restore');
    else await lab.addMachine({ name, profile: 'node', start: 'restore' });
  }

  save(quick = false): Promise<Blob> {
    const turn = this.#saving.then(() => this.#save(quick));
    this.#saving = turn.catch(() => {});
    return turn;
  }

  async close(forSuccessor = false): Promise<void> {
    const { lab, onError } = this.#options;
    const { all } = this.#nodes;
    this.#closing.abort(new Error('The cluster was closed.'));
    this.#owned.dispose();
    // The successor, which ends what it finds no use for, is to come whatever fails to end here.
    await Promise.all(all.map((node) => node.close().catch(onError)));
    this.#nodes.dispose();
    await Promise.all(all.map(({ name }) => lab.removeMachine(name, forSuccessor).catch(onError)));
  }

  async #save(quick: boolean): Promise<Blob> {
    const { lab } = this.#options;
    if (this.#state.value.kind !== 'ready')
      throw new LabError('NOT_RUNNING', 'The cluster is not ready yet. Save it when it is.');
    const beside = {
      etcd: () => this.#etcd.files(),
      cloud: () => this.#cloudStorage.files(),
    };
    return writeClusterFile({
      settings: this.#settings,
      pki: await this.#nodes.pki,
      ...(await saveMachines(this.#nodes.all, (name) => lab.isPlugged(name), beside, quick)),
    });
  }

  /** All but those that had ended when they were saved. */
  #addMachines(): readonly Promise<LabMachine>[] {
    const { lab, saved } = this.#options;
    const add = (name: string, start: AddMachine['start']): Promise<LabMachine> =>
      lab.addMachine({ name, profile: 'node', start });
    return this.#nodes.all.flatMap(({ name }) => {
      const node = saved?.nodes.find((each) => each.name === name);
      if (node === undefined) return [add(name, 'restore')];
      lab.setCable(name, node.plugged);
      return node.running === undefined ? [] : [add(name, node.running.machine)];
    });
  }

  /** The cloud has the machines before anybody asks it for them. */
  async #registerMachines(): Promise<void> {
    const cloud = await this.#cloud;
    await cloud.ensureMachines(
      this.#nodes.all.map(({ name, ip }) => ({
        name,
        type: MACHINE_TYPE,
        addresses: [{ type: 'InternalIP' as const, address: ip }],
      })),
    );
    this.#owned.add(
      cloud.onPower(({ name, power }) => {
        if (!this.#nodes.all.some((node) => node.name === name)) return;
        const done = power === 'off' ? this.kill(name) : this.replace(name);
        done.catch(this.#options.onError);
      }),
    );
  }

  async #becomeReady(): Promise<void> {
    const { host, saved, onError } = this.#options;
    const { clock, random } = host;
    const { signal } = this.#closing;
    const listeners = controlPlaneListeners({
      links: this.links,
      node: this.#nodes.controlPlane,
      pki: this.#nodes.pki,
      cloud: this.cloud(),
      clock,
      onError,
    });
    for (const listener of listeners) this.#owned.add(listener);
    this.#show({ text: 'Waiting for the API server' });
    await this.links.served.until((isServed) => isServed, signal);
    const client = this.#clientOver(this.transport(ADMINISTRATOR));
    this.#show({ text: 'Waiting for the nodes' });
    this.#watch = this.#owned.add(
      new ClusterWatch({
        client,
        clock,
        random,
        onNodes: () => this.#nodeChanged(),
        onServices: () => this.#showPorts(),
      }),
    );
    if (saved === undefined) await installWorkloads(client, this.#settings);
    await this.#state.until(({ nodes }) => nodes.every(isReady), signal);
  }

  #clientOver(transport: Transport): Client {
    return new Client({ transport, clock: this.#options.host.clock, userAgent: 'drydock/1' });
  }

  /** The ports of Services, at the machines that answer there. */
  #showPorts(): void {
    const services = this.#watch?.services() ?? [];
    for (const machine of this.#options.lab.machines()) {
      const node = this.#nodes.all.find(({ name }) => name === machine.name);
      if (node === undefined) continue;
      const ports = servicePorts(services, node.ip);
      if (JSON.stringify(machine.ports()) !== JSON.stringify(ports)) machine.showPorts(ports);
    }
  }

  #follow(node: ClusterNode, machines: readonly WorkerLabMachine[]): void {
    const machine = machines.find(({ name }) => name === node.name);
    if (machine === undefined) return;
    node.attach(machine);
    this.#showPorts();
  }

  #nodeChanged(): void {
    this.#nodes.updateWays();
    this.#show({});
  }

  #nodeStates(): readonly ClusterNodeState[] {
    return this.#nodes.all.map(({ name, ip, role, view }) => ({
      name,
      ip,
      role,
      ...view.value,
      plugged: this.#options.lab.isPlugged(name),
      delay: this.#options.lab.delayOf(name),
      ready: this.#watch?.isReady(name),
    }));
  }

  #show(part: Partial<Omit<ClusterState, 'nodes'>>): void {
    this.#state.set({ ...this.#state.value, ...part, nodes: this.#nodeStates() });
  }

  #machineOf(name: string): WorkerLabMachine {
    return this.#nodes.find(name).machine;
  }
}

/** What the API server says of a node that was saved holds only once its kubelet is there again. */
function isReady({ machine, kubelet, ready }: ClusterNodeState): boolean {
  return machine.kind === 'stopped' || (kubelet === 'running' && ready === true);
}
