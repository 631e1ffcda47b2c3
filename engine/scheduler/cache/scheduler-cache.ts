import type { Node, Pod } from '../../objects/generated/core-v1.generated.ts';
import { NodeInfo, type ImageState } from './node-info.ts';
import { NodeOrder, zoneOf } from './node-order.ts';
import { PodInfo } from './pod-info.ts';
import type { Snapshot } from './snapshot.ts';

interface PlacedPod {
  readonly info: PodInfo;
  readonly node: NodeInfo;
  /** it is not known yet whether the binding was written */
  readonly assumed: boolean;
}

/**
 * Nodes and the Pods on them: what the API server has, and what the scheduler has decided and is
 * still writing (assumed Pods). It is its own snapshot.
 */
export class SchedulerCache implements Snapshot {
  readonly #nodes = new Map<string, NodeInfo>();
  /** by uid */
  readonly #pods = new Map<string, PlacedPod>();
  readonly #order = new NodeOrder();
  readonly #images = new Map<string, ImageState>();
  readonly #claims = new Map<string, number>();
  /** how many such Pods a node has */
  readonly #withAffinity = new Map<NodeInfo, number>();
  readonly #withAntiAffinity = new Map<NodeInfo, number>();
  #list: readonly NodeInfo[] | undefined;

  get nodes(): readonly NodeInfo[] {
    this.#list ??= this.#order.list().flatMap((name) => this.#nodes.get(name) ?? []);
    return this.#list;
  }

  get nodesWithAffinity(): Iterable<NodeInfo> {
    return this.#withAffinity.keys();
  }

  get nodesWithRequiredAntiAffinity(): Iterable<NodeInfo> {
    return this.#withAntiAffinity.keys();
  }

  get(name: string): NodeInfo | undefined {
    const info = this.#nodes.get(name);
    return info?.node === undefined ? undefined : info;
  }

  claimUsers(claim: string): number {
    return this.#claims.get(claim) ?? 0;
  }

  setNode(node: Node): void {
    const { name = '' } = node.metadata;
    const info = this.#infoOf(name);
    const known = info.node !== undefined;
    const zone = zoneOf(info.labels);
    this.#removeImages(info);
    info.setNode(node);
    info.images = this.#addImages(node);
    if (known && zone === zoneOf(info.labels)) return;
    if (known) this.#order.remove(name, zone);
    this.#order.add(name, zoneOf(info.labels));
    this.#list = undefined;
  }

  removeNode(name: string): void {
    const info = this.#nodes.get(name);
    if (info?.node === undefined) return;
    this.#removeImages(info);
    this.#order.remove(name, zoneOf(info.labels));
    this.#list = undefined;
    info.node = undefined;
    // Its Pods are removed one by one, as their deletions come.
    if (info.pods.length === 0) this.#nodes.delete(name);
  }

  /** Counts a Pod to a node before the binding is written. */
  assume(info: PodInfo, nodeName: string): void {
    this.#place(info, nodeName, true);
  }

  /** The binding of an assumed Pod failed. */
  forget(uid: string): void {
    if (this.isAssumed(uid)) this.#take(uid);
  }

  isAssumed(uid: string): boolean {
    return this.#pods.get(uid)?.assumed ?? false;
  }

  /** What the API server has: it is added, replaces what was known, or confirms what was assumed. */
  setPod(pod: Pod): void {
    this.#take(pod.metadata.uid ?? '');
    this.#place(new PodInfo(pod), pod.spec.nodeName ?? '', false);
  }

  removePod(uid: string): void {
    this.#take(uid);
  }

  /** The Pod as it is counted to a node. */
  placed(uid: string): PodInfo | undefined {
    return this.#pods.get(uid)?.info;
  }

  #infoOf(name: string): NodeInfo {
    let info = this.#nodes.get(name);
    if (info === undefined) {
      info = new NodeInfo(name);
      this.#nodes.set(name, info);
    }
    return info;
  }

  #place(info: PodInfo, nodeName: string, assumed: boolean): void {
    const node = this.#infoOf(nodeName);
    node.addPod(info);
    this.#pods.set(info.uid, { info, node, assumed });
    this.#count(info, node, 1);
  }

  #take(uid: string): void {
    const placed = this.#pods.get(uid);
    if (placed === undefined) return;
    const { info, node } = placed;
    this.#pods.delete(uid);
    node.removePod(uid);
    this.#count(info, node, -1);
    if (node.node === undefined && node.pods.length === 0) this.#nodes.delete(node.name);
  }

  #count(info: PodInfo, node: NodeInfo, by: number): void {
    if (info.hasAffinity) change(this.#withAffinity, node, by);
    if (info.requiredAntiAffinity.length > 0) change(this.#withAntiAffinity, node, by);
    for (const { persistentVolumeClaim } of info.pod.spec.volumes ?? [])
      if (persistentVolumeClaim !== undefined)
        change(this.#claims, `${info.namespace}/${persistentVolumeClaim.claimName}`, by);
  }

  #addImages(node: Node): Map<string, ImageState> {
    const images = new Map<string, ImageState>();
    const { name = '' } = node.metadata;
    for (const { names = [], sizeBytes = 0 } of node.status?.images ?? [])
      for (const image of names) {
        const state = this.#images.get(image) ?? { size: sizeBytes, nodes: new Set() };
        state.nodes.add(name);
        this.#images.set(image, state);
        images.set(image, state);
      }
    return images;
  }

  #removeImages(info: NodeInfo): void {
    for (const [image, { nodes }] of info.images) {
      nodes.delete(info.name);
      if (nodes.size === 0) this.#images.delete(image);
    }
    info.images = new Map();
  }
}

function change<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}
