import type { Pod, PodStatus } from '../../objects/generated/core-v1.generated.ts';
import type { PodStore, RuntimePod } from '../contracts.ts';

/** What the kubelet knows of its Pods, as a test says it. */
export class FakePods implements PodStore {
  readonly pods = new Map<string, Pod>();
  readonly runtimes = new Map<string, RuntimePod>();
  readonly finished = new Set<string>();
  readonly terminating = new Set<string>();
  /** Pods that were evicted, with what became their status */
  readonly evictions: {
    readonly uid: string;
    readonly status: Parameters<PodStore['evict']>[1];
    readonly gracePeriodSeconds: number;
  }[] = [];

  /** Knows a Pod from now on; its uid is `uid-` and its name when it has none. */
  set(pod: Omit<Pod, 'kind' | 'apiVersion'>): Pod {
    const { name = '' } = pod.metadata;
    const metadata = { namespace: 'default', uid: `uid-${name}`, ...pod.metadata };
    const whole: Pod = { kind: 'Pod', apiVersion: 'v1', ...pod, metadata };
    this.pods.set(metadata.uid, whole);
    return whole;
  }

  setStatus(name: string, status: PodStatus): void {
    const pod = this.byName('default', name);
    if (pod !== undefined) this.set({ ...pod, status });
  }

  list(): readonly Pod[] {
    return [...this.pods.values()];
  }

  byUid(uid: string): Pod | undefined {
    return this.pods.get(uid);
  }

  byName(namespace: string, name: string): Pod | undefined {
    return this.list().find(
      ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
    );
  }

  status(uid: string): PodStatus | undefined {
    return this.pods.get(uid)?.status;
  }

  runtime(uid: string): RuntimePod | undefined {
    return this.runtimes.get(uid);
  }

  running(): readonly RuntimePod[] {
    return [...this.runtimes.values()];
  }

  isFinished(uid: string): boolean {
    return this.finished.has(uid);
  }

  isTerminating(uid: string): boolean {
    return this.terminating.has(uid);
  }

  async evict(
    uid: string,
    status: Parameters<PodStore['evict']>[1],
    gracePeriodSeconds: number,
  ): Promise<void> {
    this.evictions.push({ uid, status, gracePeriodSeconds });
  }

  sync(): void {}
}
