import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { RuntimePod } from '../contracts.ts';
import { isHostNetwork } from './restart-policy.ts';

export interface SandboxChange {
  /** a new sandbox has to be made */
  readonly isNeeded: boolean;
  /** of the sandbox to make, or of the one there is */
  readonly attempt: number;
  /** of the newest there is */
  readonly sandboxId: string | undefined;
  /** why a new one is needed */
  readonly message: string;
}

/** Whether a Pod needs a new sandbox (upstream's `PodSandboxChanged`). */
export function sandboxChange(pod: Pod, { sandboxes }: RuntimePod): SandboxChange {
  const [newest] = sandboxes;
  if (newest === undefined)
    return {
      isNeeded: true,
      attempt: 0,
      sandboxId: undefined,
      message: 'no pod sandbox exists',
    };
  const changed = (message: string, sandboxId: string | undefined = newest.id): SandboxChange => ({
    isNeeded: true,
    attempt: newest.metadata.attempt + 1,
    sandboxId,
    message,
  });
  if (sandboxes.filter(({ state }) => state === 'SANDBOX_READY').length > 1)
    return changed('multiple pod sandboxes are ready and need to be reconciled');
  if (newest.state !== 'SANDBOX_READY') return changed('pod sandbox is not ready');
  if ((newest.namespaces.network === 'NODE') !== isHostNetwork(pod))
    return {
      ...changed('network namespace mode changed and sandbox needs to be recreated'),
      sandboxId: undefined,
    };
  if (!isHostNetwork(pod) && newest.ip === '') return changed('pod sandbox has no IP address');
  return { isNeeded: false, attempt: newest.metadata.attempt, sandboxId: newest.id, message: '' };
}
