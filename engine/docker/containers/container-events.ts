/** Events that accompany a container's start and end: its networks and volumes. */
import type { ContainerRecord } from './container-record.ts';
import type { ContainerContext } from './context.ts';

export function tellConnected(context: ContainerContext, record: ContainerRecord): void {
  tellNetwork(context, record, 'connect');
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
  tellNetwork(context, record, 'disconnect');
  for (const { Type, Name = '' } of record.mounts) {
    if (Type === 'volume')
      context.events.add('volume', 'unmount', Name, { container: record.id, driver: 'local' });
  }
}

function tellNetwork(
  { runtime, events }: ContainerContext,
  record: ContainerRecord,
  action: string,
): void {
  const mode = record.hostConfig.NetworkMode;
  if (mode.startsWith('container:')) return;
  const name = mode === 'default' ? 'bridge' : mode;
  const network = runtime.networks.find((one) => one.name === name || one.id === name);
  if (network === undefined) return;
  events.add('network', action, network.id, {
    container: record.id,
    name: network.name,
    type: 'bridge',
  });
}
