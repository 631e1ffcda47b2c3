import type { OpenPort } from '../../api/lab.ts';
import type { Service } from '../../objects/generated/core-v1.generated.ts';

/**
 * The ports at which a node answers for these Services.
 * @param address of the node: kube-proxy leads there from no other one
 */
export function servicePorts(services: Iterable<Service>, address: string): readonly OpenPort[] {
  const ports: OpenPort[] = [];
  for (const { metadata, spec } of services) {
    for (const { nodePort, port, protocol } of spec?.ports ?? []) {
      if (nodePort === undefined || protocol === 'SCTP') continue;
      ports.push({
        port: nodePort,
        address,
        protocol: protocol === 'UDP' ? 'udp' : 'tcp',
        container: metadata?.name ?? '',
        containerPort: port,
        image: `Service ${metadata?.namespace}/${metadata?.name}`,
      });
    }
  }
  return ports.toSorted((one, other) => one.port - other.port);
}
