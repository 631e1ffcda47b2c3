import { ACTION } from '../framework/cluster-event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { SKIP, unresolvable } from '../framework/status.ts';
import { NAMES } from './names.ts';

const mismatch = unresolvable(NAMES.nodeName, "node(s) didn't match the requested node name");

/** A Pod that names its node fits there only. */
export const nodeName: Plugin = {
  name: NAMES.nodeName,
  interests: [{ resource: 'Node', actions: ACTION.add }],
  preFilter(_state, { pod }) {
    const { nodeName: wanted = '' } = pod.spec;
    return wanted === '' ? SKIP : { nodeNames: new Set([wanted]) };
  },
  filter: (_state, { pod }, node) => (pod.spec.nodeName === node.name ? undefined : mismatch),
};
