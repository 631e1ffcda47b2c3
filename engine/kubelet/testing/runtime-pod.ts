import type { RuntimeContainer, RuntimePod } from '../contracts.ts';
import { readContainerRecord } from '../labels.ts';
import type { FakeCri } from './fake-cri.ts';

/** A Pod as a runtime has it, looked up by its name. */
export async function runtimePodOf(cri: FakeCri, name: string): Promise<RuntimePod> {
  const sandboxes = (await cri.listPodSandbox()).filter(({ metadata }) => metadata.name === name);
  const ids = new Set(sandboxes.map(({ id }) => id));
  const containers: RuntimeContainer[] = [];
  for (const { id, podSandboxId } of await cri.listContainers()) {
    if (!ids.has(podSandboxId)) continue;
    const status = await cri.containerStatus(id);
    const { hash } = readContainerRecord(status.annotations);
    const { name: container, attempt } = status.metadata;
    containers.unshift({ ...status, name: container, restartCount: attempt, hash });
  }
  const { metadata } = cri.sandbox(name);
  const { ip } = await cri.podSandboxStatus([...ids][0] ?? '');
  return {
    uid: metadata.uid,
    name,
    namespace: metadata.namespace,
    sandboxes,
    ips: ip === undefined ? [] : [ip],
    containers,
  };
}
