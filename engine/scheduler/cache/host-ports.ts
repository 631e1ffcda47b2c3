import type { PodSpec } from '../../objects/generated/core-v1.generated.ts';

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY_IP = '0.0.0.0';

/** The ports of the node that a Pod's containers, sidecars among them, want. */
export function hostPortsOf(spec: PodSpec): readonly HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(
    ({ restartPolicy }) => restartPolicy === 'Always',
  );
  const result: HostPort[] = [];
  for (const { ports } of [...(spec.containers ?? []), ...sidecars])
    for (const { hostPort = 0, hostIP = '', protocol = 'TCP' } of ports ?? [])
      if (hostPort > 0)
        result.push({ ip: hostIP === '' ? ANY_IP : hostIP, protocol, port: hostPort });
  return result;
}

/** The same port and protocol, on the same address or on all of one. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return (
    a.port === b.port &&
    a.protocol === b.protocol &&
    (a.ip === b.ip || a.ip === ANY_IP || b.ip === ANY_IP)
  );
}
