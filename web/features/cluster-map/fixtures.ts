import type {
  EventEntry,
  RequestEntry,
  TrafficEntry,
  TrafficObject,
} from '../../../engine/api/api-traffic.ts';
import { noRecording, record, type Recorded } from './recording.ts';
import type { StationNode } from './stations.ts';

export const nodes: readonly StationNode[] = [
  { name: 'control-plane', ip: '10.0.0.11', role: 'control-plane' },
  { name: 'worker-1', ip: '10.0.0.12', role: 'worker' },
];

export function objectOf(resource: string, name: string, more: Partial<TrafficObject> = {}) {
  const uid = `uid-${resource}-${name}`;
  return { group: '', resource, subresource: '', namespace: 'default', name, uid, ...more };
}

const client = { user: 'admin', agent: 'kubectl/v1.37.2 (linux/386)', address: '10.0.0.11' };

export function request(more: Partial<RequestEntry> = {}): RequestEntry {
  return {
    kind: 'request',
    at: 0,
    client,
    verb: 'get',
    path: '/',
    status: 200,
    duration: 1,
    ...more,
  };
}

export function event(more: Partial<EventEntry> = {}): EventEntry {
  return { kind: 'event', at: 0, client, type: 'ADDED', object: objectOf('pods', 'a'), ...more };
}

export function recorded(entries: readonly TrafficEntry[]): readonly Recorded[] {
  return record(noRecording, { entries, lost: 0 }, nodes).items;
}
