import { retryOnConflict } from '../../client/retry-on-conflict.ts';
import { resources } from '../../client/resources.ts';
import type { Node, Taint } from '../../objects/generated/core-v1.generated.ts';
import { formatTime } from '../../objects/time.ts';
import type { ControllerContext } from '../controller.ts';

/** What tells taints apart. */
export type TaintKind = Pick<Taint, 'key' | 'effect'>;

function isSameKind(one: TaintKind, other: TaintKind): boolean {
  return one.key === other.key && one.effect === other.effect;
}

export function hasTaint({ spec }: Node, kind: TaintKind): boolean {
  return spec?.taints?.some((taint) => isSameKind(taint, kind)) ?? false;
}

/** The taints that are in the first list only. */
export function taintsWithout<T extends TaintKind>(
  taints: readonly T[],
  others: readonly TaintKind[],
): T[] {
  return taints.filter((taint) => !others.some((other) => isSameKind(taint, other)));
}

type Context = Pick<ControllerContext, 'client' | 'clock'>;

/** Gives a node some taints, with the time, then takes others away (upstream's `SwapNodeControllerTaint`). */
export async function swapTaints(
  context: Context,
  node: Node,
  add: readonly TaintKind[],
  remove: readonly TaintKind[],
): Promise<void> {
  if (add.length > 0) {
    const timeAdded = formatTime(context.clock.now());
    const added = add.map((kind): Taint => ({ ...kind, timeAdded }));
    await changeTaints(context, node, (taints) => [
      ...taints.map((taint) => added.find((other) => isSameKind(other, taint)) ?? taint),
      ...taintsWithout(added, taints),
    ]);
  }
  await removeTaints(context, node, remove);
}

/** Asks the API server only if the node, as far as it is known, has one of them. */
export async function removeTaints(
  context: Context,
  node: Node,
  remove: readonly TaintKind[],
): Promise<void> {
  if (!remove.some((kind) => hasTaint(node, kind))) return;
  await changeTaints(context, node, (taints) => taintsWithout(taints, remove));
}

/** Taints are one list that is replaced as a whole, so nobody may have changed it meanwhile. */
async function changeTaints(
  { client }: Context,
  { metadata: { name = '' } }: Node,
  change: (taints: readonly Taint[]) => readonly Taint[],
): Promise<void> {
  await retryOnConflict(async (tries) => {
    const { metadata, spec } = await client.get(
      resources.nodes,
      { name },
      tries === 1 ? { resourceVersion: '0' } : {},
    );
    const before = spec?.taints ?? [];
    const after = change(before);
    if (JSON.stringify(after) === JSON.stringify(before)) return;
    const { resourceVersion } = metadata;
    const taints = after.length === 0 ? null : after;
    const patch = { metadata: { resourceVersion }, spec: { taints } };
    await client.patch(resources.nodes, { name }, { type: 'strategic', patch });
  });
}
