/** Events that accompany a container's start and end: its networks and volumes. */
import type { ContainerRecord } from './container-record.ts';
import type { ContainerContext } from './context.ts';

export function tellConnected(context: ContainerContext, record: ContainerRecord): void {
  tellNetworks(context, record, 'connect');
  for (const { Type, Name = '', Destination, RW } of record.mounts) {
    if (Type !== 'volume') continue;
    const attributes = {
      container: record.id,
      destination: Destination,
      driver: 'local',
      propagation: '',
      'read/write': String(RW),
    };
    context.events.add('volume', 'mount', Name, attributes);
  }
}

export function tellDisconnected(context: ContainerContext, record: ContainerRecord): void {
  tellNetworks(context, record, 'disconnect');
  for (const { Type, Name = '' } of record.mounts) {
    if (Type === 'volume')
      context.events.add('volume', 'unmount', Name, { container: record.id, driver: 'local' });
  }
}

function tellNetworks(
  { networks }: ContainerContext,
  record: ContainerRecord,
  action: 'connect' | 'disconnect',
): void {
  for (const [name, { NetworkID: id }] of Object.entries(record.networks)) {
    const network = networks.find(id || name);
    if (network !== undefined) networks.tell(network, action, { container: record.id });
  }
}
