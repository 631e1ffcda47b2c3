import type { RuntimeContainer, RuntimePod } from '../contracts.ts';
import { readContainerRecord } from '../labels.ts';
import type { FakeCri } from './fake-cri.ts';

/** A Pod as a runtime has it, looked up by its name. */
export async function runtimePodOf(cri: FakeCri, name: string): Promise<RuntimePod> {
  const listed = (await cri.listPodSandbox()).filter(({ metadata }) => metadata.name === name);
  const sandboxes = await Promise.all(listed.map(({ id }) => cri.podSandboxStatus(id)));
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
  return {
    uid: metadata.uid,
    name,
    namespace: metadata.namespace,
    sandboxes,
    ips: sandboxes.flatMap(({ ip }) => ip ?? []),
    containers,
  };
}
