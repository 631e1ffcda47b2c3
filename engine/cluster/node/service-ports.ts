import type { OpenPort } from '../../api/lab.ts';
import type { Service } from '../../objects/generated/core-v1.generated.ts';

/** The ports at which every node answers for these Services. */
export function servicePorts(services: Iterable<Service>): readonly OpenPort[] {
  const ports: OpenPort[] = [];
  for (const { metadata, spec } of services) {
    for (const { nodePort, port, protocol } of spec?.ports ?? []) {
      if (nodePort === undefined || protocol === 'SCTP') continue;
      ports.push({
        port: nodePort,
        protocol: protocol === 'UDP' ? 'udp' : 'tcp',
        container: metadata?.name ?? '',
        containerPort: port,
        image: `Service ${metadata?.namespace}/${metadata?.name}`,
      });
    }
  }
  return ports.toSorted((one, other) => one.port - other.port);
}
