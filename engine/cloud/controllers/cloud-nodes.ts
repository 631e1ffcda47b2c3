import type { Node, NodeAddress, Taint } from '../../objects/generated/core-v1.generated.ts';
import type { Machine } from '../simulator/cloud-state.ts';
import { providerId } from '../cloud-client.ts';

/** On Nodes that kubelets registered and no cloud has confirmed yet. */
const UNINITIALIZED = 'node.cloudprovider.kubernetes.io/uninitialized';
export const SHUTDOWN: Taint = {
  key: 'node.cloudprovider.kubernetes.io/shutdown',
  effect: 'NoSchedule',
};
const PROVIDED_IP = 'alpha.kubernetes.io/provided-node-ip';

/** Labels that used to be beta, and what they are now. */
const SUCCESSORS = [
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['beta.kubernetes.io/instance-type', 'node.kubernetes.io/instance-type'],
] as const;

export function isUninitialized({ spec }: Node): boolean {
  return spec.taints?.some(({ key }) => key === UNINITIALIZED) ?? false;
}

/** What a Node's old labels say that its new ones do not. */
export function missingLabels({ metadata }: Node): Readonly<Record<string, string>> {
  const { labels = {} } = metadata;
  return Object.fromEntries(
    SUCCESSORS.flatMap(([old, now]) => {
      const value = labels[old];
      return value === undefined || value === labels[now] ? [] : [[now, value]];
    }),
  );
}

/** A Node as its cloud knows it: named by it, with its place and type, open to Pods. */
export function initialized<Of extends Node>(node: Of, machine: Machine): Of {
  const { zone, region, type } = machine;
  const values = [zone, region, type];
  const places = SUCCESSORS.flatMap((names, index) => {
    const value = values[index] ?? '';
    return value === '' ? [] : names.map((name) => [name, value]);
  });
  const id = node.spec.providerID ?? '';
  return {
    ...node,
    metadata: {
      ...node.metadata,
      labels: { ...node.metadata.labels, ...Object.fromEntries(places) },
    },
    spec: {
      ...node.spec,
      providerID: id === '' ? providerId(machine) : id,
      taints: (node.spec.taints ?? []).filter(({ key }) => key !== UNINITIALIZED),
    },
  };
}

/**
 * The addresses of a Node: the cloud's, of a type that its kubelet was told an address of only that
 * one. Throws when the cloud does not have that address.
 */
export function addressesOf({ metadata, status }: Node, machine: Machine): readonly NodeAddress[] {
  const { addresses } = machine;
  const hostnames = addresses.some(({ type }) => type === 'Hostname')
    ? []
    : (status?.addresses ?? []).filter(({ type }) => type === 'Hostname');
  const all = [...addresses, ...hostnames];
  const provided = metadata.annotations?.[PROVIDED_IP];
  if (provided === undefined) return all;
  const wanted = provided.split(',').flatMap((ip) => {
    const matching = all.filter(({ address }) => address === ip.trim());
    if (matching.length === 0)
      throw new Error(`failed to get node address from cloud provider that matches ip: ${ip}`);
    return matching;
  });
  const types = new Set<string>(wanted.map(({ type }) => type));
  return [...wanted, ...all.filter(({ type }) => !types.has(type))];
}

/** Whether addresses differ; the order does not matter. */
export function haveChanged(
  old: readonly NodeAddress[] = [],
  addresses: readonly NodeAddress[],
): boolean {
  if (old.length !== addresses.length) return true;
  const known = new Map(old.map(({ type, address }) => [type, address]));
  return addresses.some(({ type, address }) => known.get(type) !== address);
}

/** What its kubelet says last: `Unknown` when nothing was heard of it for long. */
export function readiness({ status }: Node): string {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'Unknown';
}
