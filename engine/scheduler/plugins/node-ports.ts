import { hostPortsOf, portsConflict, type HostPort } from '../cache/host-ports.ts';
import { ACTION } from '../framework/cluster-event.ts';
import type { Plugin } from '../framework/plugin.ts';
import { SKIP, unschedulable } from '../framework/status.ts';
import { NAMES } from './names.ts';

const taken = unschedulable(
  NAMES.nodePorts,
  "node(s) didn't have free ports for the requested pod ports",
);

function conflicts(wanted: readonly HostPort[], used: Iterable<HostPort>): boolean {
  for (const port of used) if (wanted.some((other) => portsConflict(other, port))) return true;
  return false;
}

/** A port of the node can be had once. */
export const nodePorts: Plugin = {
  name: NAMES.nodePorts,
  interests: [
    {
      resource: 'AssignedPod',
      actions: ACTION.delete,
      hint: (pod, before) =>
        before !== undefined && conflicts(hostPortsOf(pod.spec), hostPortsOf(before.spec)),
    },
    { resource: 'Node', actions: ACTION.add },
  ],
  preFilter: (_state, { hostPorts }) => (hostPorts.length === 0 ? SKIP : undefined),
  filter: (_state, { hostPorts }, node) =>
    conflicts(hostPorts, node.usedPorts()) ? taken : undefined,
};
