import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Runtime } from '../../runtime/types.ts';
import type { DockerNetworks } from '../networks/networks.ts';
import type { EventLog } from '../system/event-log.ts';
import type { ContainerRecord, ContainerRecords } from './container-record.ts';

/** What everything about containers works with. */
export interface ContainerContext {
  readonly runtime: Runtime;
  readonly records: ContainerRecords;
  readonly networks: DockerNetworks;
  readonly events: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  /** of the machine: containers on its network share it */
  readonly hostname: string;
}

/** An event about a container carries its labels, image and name. */
export function containerEvent(
  context: ContainerContext,
  record: ContainerRecord,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  const { config, name, id } = record;
  context.events.add('container', action, id, {
    ...config.Labels,
    image: config.Image,
    name,
    ...attributes,
  });
}
