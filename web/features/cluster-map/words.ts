import type { TrafficObject } from '../../../engine/api/api-traffic.ts';
import type { Recorded } from './recording.ts';
import { ETCD, type Station } from './stations.ts';

/** One thing that happened, in words. */
export interface TrafficWords {
  /** 14:05:09.123 */
  readonly time: string;
  readonly from: string;
  readonly to: string;
  readonly verb: string;
  readonly object: string;
  /** `201, 4 ms` */
  readonly answer: string;
  readonly isFailure: boolean;
}

const API_SERVER = 'API server';

function stationWords({ name, node }: Station): string {
  return node === undefined ? name : `${name} on ${node}`;
}

function milliseconds(duration: number): string {
  if (duration >= 1000) return `${(duration / 1000).toFixed(1)} s`;
  return `${duration < 10 ? Number(duration.toFixed(1)) : Math.round(duration)} ms`;
}

/** As kubectl names it: `pods/web-1/binding in default`, `deployments.apps`. */
function objectWords({ group, resource, subresource, namespace, name }: TrafficObject): string {
  const kind = group === '' ? resource : `${resource}.${group}`;
  const path = [kind, name, subresource].filter((part) => part !== '').join('/');
  return namespace === '' ? path : `${path} in ${namespace}`;
}

/** In the time of this computer. */
function clockTime(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${parts}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

export function wordsOf({ entry, station }: Recorded): TrafficWords {
  const time = clockTime(entry.at);
  const client = stationWords(station);
  switch (entry.kind) {
    case 'etcd':
      return {
        time,
        from: API_SERVER,
        to: ETCD,
        verb: entry.call,
        object: entry.key,
        answer:
          entry.revision === undefined
            ? 'failed'
            : `revision ${entry.revision}, ${milliseconds(entry.duration)}`,
        isFailure: entry.revision === undefined,
      };
    case 'event':
      return {
        time,
        from: API_SERVER,
        to: client,
        verb: entry.type,
        object: objectWords(entry.object),
        answer: 'watch event',
        isFailure: false,
      };
    case 'watch':
      return {
        time,
        from: client,
        to: API_SERVER,
        verb: 'watch',
        object: objectWords(entry.object),
        answer: 'goes on',
        isFailure: false,
      };
    case 'held':
      return {
        time,
        from: client,
        to: API_SERVER,
        verb: entry.verb,
        object: objectWords(entry.object),
        answer: 'held here',
        isFailure: false,
      };
    case 'request':
      return {
        time,
        from: client,
        to: API_SERVER,
        verb: entry.verb,
        object: entry.object === undefined ? entry.path : objectWords(entry.object),
        answer: `${entry.status}, ${milliseconds(entry.duration)}`,
        isFailure: entry.status >= 400 || entry.status === 0,
      };
  }
}

/** The same as one sentence, for who does not see the list. */
export function sentenceOf(recorded: Recorded): string {
  const { time, from, to, verb, object, answer } = wordsOf(recorded);
  return `${time} ${from} to ${to}: ${verb} ${object}, ${answer}`;
}
