/** Texts as a kubelet writes them into events, statuses and logs. */
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { CriError } from '../../runtime/cri/types.ts';

/** `web_default(0123-…)`: name, namespace and uid. */
export function podText({ metadata }: Pod): string {
  return `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
}

/** A failure as Go prints an error that came over gRPC: with its code when it is the runtime's. */
export function errorText(error: unknown): string {
  return error instanceof CriError
    ? `rpc error: code = ${codeText(error.code)} desc = ${error.message}`
    : messageOf(error);
}

/** `NOT_FOUND` → `NotFound` */
function codeText(code: string): string {
  return code
    .toLowerCase()
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

export function isNotFound(error: unknown): boolean {
  return error instanceof CriError && error.code === 'NOT_FOUND';
}
