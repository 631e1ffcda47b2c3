import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { podQosClass, type QosClass } from '../../objects/pod-resources.ts';
import type { Cgroups, KubeletContext } from '../contracts.ts';
import { listOf } from '../volumes/node-files.ts';
import { LEAST_SHARES, sharesOf, weightOf } from './cpu-shares.ts';
import { podAmount, podLimits } from './pod-limits.ts';

const ROOT = '/kubepods';
const MOUNT = '/sys/fs/cgroup';
const POD = 'pod';

/** Guaranteed Pods are beside the tiers of the others. */
const TIERS: Readonly<Record<QosClass, string>> = {
  Guaranteed: ROOT,
  Burstable: `${ROOT}/burstable`,
  BestEffort: `${ROOT}/besteffort`,
};

type Files = Readonly<Record<string, string>>;

/**
 * The cgroups of Pods, below a tier for each quality of service, with cgroup v2's files
 * (k8s.io/kubernetes pkg/kubelet/cm).
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export class NodeCgroups implements Cgroups {
  readonly #context: Pick<KubeletContext, 'agent' | 'capacity' | 'configuration' | 'pods' | 'node'>;
  /** What was written, by path: nothing is written twice. */
  readonly #written = new Map<string, string>();
  /** of Pods that were given one, by uid */
  readonly #paths = new Map<string, string>();

  constructor(
    context: Pick<KubeletContext, 'agent' | 'capacity' | 'configuration' | 'pods' | 'node'>,
  ) {
    this.#context = context;
  }

  async start(): Promise<void> {
    const { cpu, memory } = this.#context.capacity();
    await this.#set(ROOT, {
      'cpu.weight': String(weightOf(sharesOf(cpu * 1000))),
      'memory.max': String(memory),
    });
    await this.#setTiers();
  }

  pathOf(pod: Pod): string {
    return `${TIERS[podQosClass(pod.spec)]}/${POD}${pod.metadata.uid ?? ''}`;
  }

  async ensure(pod: Pod): Promise<void> {
    const { cpuCfsQuota, cpuCfsQuotaPeriod, podPidsLimit } = this.#context.configuration;
    const { cpuShares, cpuQuota, memory } = podLimits(pod, cpuCfsQuotaPeriod);
    const path = this.pathOf(pod);
    await this.#set(path, {
      'cpu.weight': String(weightOf(cpuShares)),
      'cpu.max': `${cpuQuota === 0 || !cpuCfsQuota ? 'max' : cpuQuota} ${cpuCfsQuotaPeriod}`,
      'memory.max': memory === 0 ? 'max' : String(memory),
      'pids.max': podPidsLimit > 0 ? String(podPidsLimit) : 'max',
    });
    this.#paths.set(pod.metadata.uid ?? '', path);
    await this.#setTiers();
  }

  async remove(uid: string): Promise<void> {
    const known = this.#paths.get(uid);
    // Of one from before this kubelet was started nobody knows the tier.
    const paths = known === undefined ? await this.#find(uid) : [known];
    for (const path of paths) {
      await this.#context.agent.call('cgroup.remove', { path });
      this.#written.delete(path);
    }
    this.#paths.delete(uid);
  }

  async known(): Promise<readonly string[]> {
    return [...(await this.#list()).keys()];
  }

  /** Burstable Pods share as much as they ask for together; those that ask for nothing the least. */
  async #setTiers(): Promise<void> {
    const burstable = this.#context.pods
      .list()
      .filter(
        ({ metadata, spec }) =>
          podQosClass(spec) === 'Burstable' && !this.#context.pods.isFinished(metadata.uid ?? ''),
      )
      .reduce((total, pod) => total + podAmount(pod, 'requests', 'cpu'), 0);
    await this.#set(TIERS.Burstable, { 'cpu.weight': String(weightOf(sharesOf(burstable))) });
    await this.#set(TIERS.BestEffort, { 'cpu.weight': String(weightOf(LEAST_SHARES)) });
  }

  async #set(path: string, files: Files): Promise<void> {
    const written = JSON.stringify(files);
    if (this.#written.get(path) === written) return;
    await this.#context.agent.call('cgroup.set', { path, files });
    this.#written.set(path, written);
  }

  async #find(uid: string): Promise<readonly string[]> {
    const path = (await this.#list()).get(uid);
    return path === undefined ? [] : [path];
  }

  async #list(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const tier of Object.values(TIERS))
      for (const { name, kind } of await listOf(this.#context.agent, MOUNT + tier))
        if (kind === 'directory' && name.startsWith(POD))
          found.set(name.slice(POD.length), `${tier}/${name}`);
    return found;
  }
}
