import type { KubeletContext, KubeletParts } from './contracts.ts';
import { makeNodeParts } from './node-parts.ts';
import { podParts } from './pod-parts.ts';

/** The parts of a kubelet as they are on a real node. */
export function composeKubelet(context: KubeletContext): KubeletParts {
  const ofPods = podParts(context);
  const ofNode = makeNodeParts(context);
  return {
    ...ofPods,
    ...ofNode,
    loops: [...ofPods.loops, ...ofNode.loops],
  };
}
