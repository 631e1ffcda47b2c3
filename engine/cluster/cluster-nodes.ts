import type { MetricsServerHost } from '../api/metrics-server.ts';
import type { UserInfo } from '../api/user-info.ts';
import type { Outbound } from '../apiserver/outbound/outbound.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Client } from '../client/client.ts';
import { resources } from '../client/resources.ts';
import { httpServiceOf, type HttpHandler } from '../http/index.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { exposeOnPort } from '../rpc/rpc-client.ts';
import type { Storage } from '../storage/storage.ts';
import type { ClusterHost } from './cluster-host.ts';
import { ComponentWorkers } from './components/component-workers.ts';
import type { ControlPlaneLinks } from './components/control-plane-links.ts';
import {
  controlPlanePrograms,
  type ControlPlaneWorkers,
} from './components/control-plane-programs.ts';
import {
  METRICS_SERVER,
  METRICS_SERVER_IMAGE,
  METRICS_SERVER_NAME,
  metricsServerProgram,
} from './components/metrics-server-program.ts';
import { withRepeated } from './components/outbound-port.ts';
import { nodePrograms, type NodeWorkers } from './components/node-programs.ts';
import { staticPods } from './components/static-pods.ts';
import { LabError } from './lab-error.ts';
import type { WorkerLab } from './lab.ts';
import type { WorkerLabMachine } from './lab-machine.ts';
import { ClusterNode } from './node/cluster-node.ts';
import { etcdFiles } from './node/etcd-files.ts';
import { controlPlaneFiles, workerFiles } from './node/kubernetes-files.ts';
import { outboundFrom } from './node/machine-outbound.ts';
import { overWay } from './node/way.ts';
import type { ClusterSettings, SavedNode } from './saved/saved-cluster.ts';

export interface ClusterNodesOptions {
  /** of machines; the first is the control plane's */
  readonly nodes: number;
  readonly host: ClusterHost;
  /** that has the machines, and maybe others; it is the caller's to close */
  readonly lab: WorkerLab;
  readonly links: ControlPlaneLinks;
  /** @param address of the control plane, which its certificates are for */
  readonly loadPki: (address: string) => Promise<ClusterPki>;
  /** etcd's data directory */
  readonly data: Storage;
  /** the cloud's API */
  readonly cloud: HttpHandler;
  readonly settings: ClusterSettings;
  /** those that go on from a saved cluster */
  readonly saved: readonly SavedNode[];
  /** asked before the network: what is not on it, such as nodes that pretend */
  readonly elsewhere?: (host: string) => Outbound | undefined;
  readonly onError: (error: unknown) => void;
}

/** The control plane has 10.0.0.11, whichever machines are there before: a saved cluster goes on at its addresses. */
const FIRST_ADDRESS = 11;
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

/**
 * The nodes of a cluster: what each finds on its machine, which programs its containers can be, and the ways
 * from each to the others.
 */
export class ClusterNodes implements Disposable {
  readonly all: readonly ClusterNode[];
  readonly controlPlane: ClusterNode;
  readonly pki: Promise<ClusterPki>;
  readonly #options: ClusterNodesOptions;
  readonly #workers: ControlPlaneWorkers &
    NodeWorkers & { readonly [METRICS_SERVER]: ComponentWorkers<MetricsServerHost> };
  /** metrics-server, and the node that it is a worker of */
  #metrics: { readonly node: ClusterNode; readonly handler: HttpHandler } | undefined;

  constructor(options: ClusterNodesOptions) {
    this.#options = options;
    const { lab, links, nodes } = options;
    const { spawnComponent } = options.host;
    this.#workers = {
      etcd: new ComponentWorkers(spawnComponent.etcd),
      'kube-apiserver': new ComponentWorkers(spawnComponent['kube-apiserver']),
      'kube-controller-manager': new ComponentWorkers(spawnComponent['kube-controller-manager']),
      'kube-scheduler': new ComponentWorkers(spawnComponent['kube-scheduler']),
      'cloud-controller-manager': new ComponentWorkers(spawnComponent['cloud-controller-manager']),
      'kube-proxy': new ComponentWorkers(spawnComponent['kube-proxy']),
      'drydock-network': new ComponentWorkers(spawnComponent['drydock-network']),
      [METRICS_SERVER]: new ComponentWorkers(spawnComponent[METRICS_SERVER]),
    };
    const address = lab.reserveAddress(CONTROL_PLANE, FIRST_ADDRESS);
    links.address = `${address}:${API_PORT}`;
    this.pki = options.loadPki(address);
    this.controlPlane = this.#node(CONTROL_PLANE, address);
    const workers = Array.from({ length: nodes - 1 }, (_, index) => {
      const name = `worker-${index + 1}`;
      return this.#node(name, lab.reserveAddress(name, FIRST_ADDRESS + index + 1));
    });
    this.all = [this.controlPlane, ...workers];
  }

  /** Loads the workers of the components ahead of their need. */
  prepare(): void {
    for (const workers of Object.values(this.#workers)) workers.prepare();
  }

  /** @throws LabError NOT_RUNNING when there is none of this name */
  find(name: string): ClusterNode {
    const node = this.all.find((each) => each.name === name);
    if (node === undefined) throw new LabError('NOT_RUNNING', `The cluster has no node ${name}.`);
    return node;
  }

  /** Opens and cuts the ways between the nodes and the API server's machine, as machines and cables are now. */
  updateWays(): void {
    const { lab } = this.#options;
    const { isAlive, name, view } = this.controlPlane;
    const isReachable = isAlive && lab.isPlugged(name);
    for (const node of this.all) {
      // What runs beside the API server needs no cable.
      node.way.delay = node === this.controlPlane ? 0 : lab.delayOf(node.name) + lab.delayOf(name);
      node.way.set(
        node === this.controlPlane
          ? // What runs beside it needs no network, and may be there before the machine is.
            isAlive || view.value.machine.kind === 'starting'
          : isReachable && node.isAlive && lab.isPlugged(node.name),
      );
    }
  }

  /** Requests from beside the machine of the control plane, as this user. */
  handler(user: UserInfo): HttpHandler {
    return this.#apiFrom(this.controlPlane, user);
  }

  dispose(): void {
    for (const workers of Object.values(this.#workers)) workers.dispose();
  }

  /** Whether Pods stay off the control plane's machine, because there are others. */
  get isDedicated(): boolean {
    return this.#options.nodes > 1;
  }

  /** Marks the control plane's node as one that was alone before, and is not any longer. */
  async dedicate(client: Client): Promise<void> {
    await client.patch(
      resources.nodes,
      { name: CONTROL_PLANE },
      {
        type: 'strategic',
        patch: { metadata: { labels: NO_LOAD_BALANCING }, spec: { taints: [CONTROL_PLANE_TAINT] } },
      },
    );
  }

  #node(name: string, ip: string): ClusterNode {
    const { host, lab, saved, onError } = this.#options;
    const role = name === CONTROL_PLANE ? 'control-plane' : 'worker';
    const dedicated = role === 'control-plane' && this.isDedicated;
    const webWorkers = saved.find((each) => each.name === name)?.running?.webWorkers;
    const node: ClusterNode = new ClusterNode({
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
      ...(webWorkers === undefined ? {} : { webWorkers }),
      programs: (machine) => this.#programs(node, machine),
      api: (user) => this.#apiFrom(node, user),
      onError,
    });
    return node;
  }

  async #files(name: string, ip: string) {
    const { links, settings, host } = this.#options;
    const options = {
      pki: await this.pki,
      server: `https://${links.address}`,
      nodeName: name,
      clock: host.clock,
      random: host.random,
    };
    if (name !== CONTROL_PLANE) return workerFiles(options);
    const files = await controlPlaneFiles(options, staticPods({ address: ip, ...settings }));
    return { ...files, ...etcdFiles(options.pki) };
  }

  #programs(node: ClusterNode, machine: WorkerLabMachine) {
    const { name, ip } = node;
    const api = (user: UserInfo): HttpHandler => this.#apiFrom(node, user);
    const ofNode = {
      ...nodePrograms({
        workers: this.#workers,
        nodeName: name,
        nodeIp: ip,
        async openMachine() {
          await machine.agent();
          // What it did to a kernel that was saved is done: the kubelet, which is waited for, has the guest's processor first.
          await node.view.until(
            ({ kubelet }) =>
              kubelet === 'running' || kubelet === 'failed' || machine.state().kind !== 'running',
          );
          return machine.openPort();
        },
        api,
        clock: this.#options.host.clock,
      }),
      [METRICS_SERVER_IMAGE]: metricsServerProgram({
        workers: this.#workers[METRICS_SERVER],
        api,
        onServed: (handler) => {
          if (handler !== undefined) this.#metrics = { node, handler };
          else if (this.#metrics?.node === node) this.#metrics = undefined;
        },
      }),
    };
    if (name !== CONTROL_PLANE) return ofNode;
    const { links, data, cloud } = this.#options;
    return {
      ...ofNode,
      ...controlPlanePrograms({
        links,
        workers: this.#workers,
        hostName: name,
        address: ip,
        pki: this.pki,
        data,
        outbound: this.#outbound,
        cloud,
        openPort: (user) => exposeOnPort(httpServiceOf(api(user))),
        readFile: async (path) => (await machine.agent()).readTextFile(path),
      }),
    };
  }

  /** Requests from a node, as this user. */
  #apiFrom({ name, ip, way }: ClusterNode, user: UserInfo): HttpHandler {
    const remoteAddress = name === CONTROL_PLANE ? '127.0.0.1' : ip;
    const { links, host } = this.#options;
    const handler = links.handler({ remoteAddress, clientCertificates: [], user });
    return overWay(handler, { way, address: links.address, clock: host.clock });
  }

  /** From the API server: to kubelets and metrics-server beside their nodes, to everything else from its machine. */
  readonly #outbound: Outbound = (peer, request) => {
    const { elsewhere, host } = this.#options;
    const outside = elsewhere?.(peer.host);
    if (outside !== undefined) return outside(peer, request);
    const address = `${peer.host}:${peer.port}`;
    const metrics = peer.serverName === METRICS_SERVER_NAME ? this.#metrics : undefined;
    if (metrics !== undefined) {
      const { way } = metrics.node;
      const handler = overWay(metrics.handler, { way, address, clock: host.clock });
      return handler(withRepeated(request));
    }
    const node =
      peer.port === KUBELET_PORT ? this.all.find(({ ip }) => ip === peer.host) : undefined;
    if (node === undefined)
      return outboundFrom(() => this.controlPlane.machine.agent())(peer, request);
    return overWay(node.kubelet, { way: node.way, address, clock: host.clock })(request);
  };
}
