import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
} from '../../objects/generated/core-v1.generated.ts';

const byText = <T>(items: readonly T[], textOf: (item: T) => string): T[] =>
  items
    .map((item) => ({ item, text: textOf(item) }))
    .toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ item }) => item);

/** Two Pods may have one address, that of their node. */
const keyOfAddress = ({ ip, targetRef }: EndpointAddress): string =>
  JSON.stringify([ip, targetRef?.uid ?? '']);

/** A port with all that is defaulted, in one order of fields. */
const canonicalPort = ({ name = '', port, protocol = 'TCP', appProtocol }: EndpointPort) => ({
  ...(name === '' ? {} : { name }),
  port,
  protocol,
  ...(appProtocol === undefined ? {} : { appProtocol }),
});

interface PortGroup {
  readonly port: EndpointPort | undefined;
  /** whether it is ready, by address */
  readonly ready: Map<string, boolean>;
}

/**
 * Subsets in their canonical form, whatever they were built from: each set of addresses once, with all
 * the ports it has; an address that is not ready for a port in one subset is not ready (upstream's
 * `endpoints.RepackSubsets`). Upstream sorts subsets and ports by hashes of what Go prints of them; here
 * they are sorted by their text.
 */
export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const addresses = new Map<string, EndpointAddress>();
  const byPort = new Map<string, PortGroup>();
  const note = (port: EndpointPort | undefined, address: EndpointAddress, ready: boolean): void => {
    const key = keyOfAddress(address);
    if (!addresses.has(key)) addresses.set(key, address);
    const portKey = JSON.stringify(port ?? null);
    const group = byPort.get(portKey) ?? { port, ready: new Map<string, boolean>() };
    byPort.set(portKey, group);
    group.ready.set(key, ready && (group.ready.get(key) ?? true));
  };
  for (const subset of subsets) {
    const ports = (subset.ports ?? []).map(canonicalPort);
    for (const port of ports.length === 0 ? [undefined] : ports) {
      for (const address of subset.addresses ?? []) note(port, address, true);
      for (const address of subset.notReadyAddresses ?? []) note(port, address, false);
    }
  }
  const byAddresses = new Map<string, { ready: Map<string, boolean>; ports: EndpointPort[] }>();
  for (const { port, ready } of byPort.values()) {
    const key = JSON.stringify(byText([...ready], ([address]) => address));
    const group = byAddresses.get(key) ?? { ready, ports: [] };
    byAddresses.set(key, group);
    if (port !== undefined) group.ports.push(port);
  }
  const packed = [...byAddresses.values()].map(({ ready, ports }): EndpointSubset => {
    const those = (wanted: boolean): EndpointAddress[] =>
      byText(
        [...ready].filter(([, is]) => is === wanted).flatMap(([key]) => addresses.get(key) ?? []),
        keyOfAddress,
      );
    const [isReady, isNot] = [those(true), those(false)];
    return {
      ...(isReady.length === 0 ? {} : { addresses: isReady }),
      ...(isNot.length === 0 ? {} : { notReadyAddresses: isNot }),
      ...(ports.length === 0 ? {} : { ports: byText(ports, (port) => JSON.stringify(port)) }),
    };
  });
  return byText(packed, (subset) => JSON.stringify(subset));
}

/** Addresses of one Endpoints: what is beyond that is left out, and an annotation says so. */
export const MOST_ADDRESSES = 1000;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

export function addressCount(subsets: readonly EndpointSubset[]): number {
  return sum(
    subsets.map(
      ({ addresses = [], notReadyAddresses = [] }) => addresses.length + notReadyAddresses.length,
    ),
  );
}

/**
 * At most 1,000 addresses: the ready ones first, the rest from each subset by its share. Returns the
 * subsets themselves when they have no more than that.
 */
export function truncateSubsets(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  if (addressCount(subsets) <= MOST_ADDRESSES) return subsets;
  const ready = sum(subsets.map(({ addresses = [] }) => addresses.length));
  const cutsReady = ready > MOST_ADDRESSES;
  const most = cutsReady ? MOST_ADDRESSES : MOST_ADDRESSES - ready;
  const total = cutsReady ? ready : addressCount(subsets) - ready;
  let left = most;
  return subsets.map((subset) => {
    const { addresses = [], notReadyAddresses = [], ...others } = subset;
    const cut = cutsReady ? addresses : notReadyAddresses;
    const kept = cut.slice(0, Math.min(Math.ceil((cut.length / total) * most), left));
    left -= kept.length;
    return cutsReady
      ? { ...others, addresses: kept }
      : { ...others, addresses, notReadyAddresses: kept };
  });
}
