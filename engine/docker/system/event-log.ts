import type { Clock } from '../../base/clock.ts';
import { Emitter } from '../../base/emitter.ts';
import { labelMatches, type Filters } from '../api/filters.ts';

/** What `docker events` shows, in the field order of dockerd. */
export interface DockerEvent {
  readonly status?: string;
  readonly id?: string;
  readonly from?: string;
  readonly Type: 'container' | 'image' | 'network' | 'volume' | 'builder' | 'daemon';
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly scope: 'local';
  /** UNIX seconds */
  readonly time: number;
  readonly timeNano: number;
}

/** Events dockerd keeps for `--since`. */
const KEPT = 256;

export class EventLog {
  readonly #clock: Clock;
  readonly #recent: DockerEvent[] = [];
  readonly #added = new Emitter<DockerEvent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  readonly event = this.#added.event;

  add(
    type: DockerEvent['Type'],
    action: string,
    id: string,
    attributes: Readonly<Record<string, string>>,
  ): void {
    const now = this.#clock.now();
    const event: DockerEvent = {
      // The first three fields are older than the rest and only there for containers and images.
      ...(type === 'container' || type === 'image' ? { status: action, id } : {}),
      ...(type === 'container' && attributes['image'] !== undefined
        ? { from: attributes['image'] }
        : {}),
      Type: type,
      Action: action,
      Actor: {
        ID: id,
        Attributes: Object.fromEntries(
          Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1)),
        ),
      },
      scope: 'local',
      time: Math.trunc(now / 1000),
      timeNano: Math.trunc(now * 1e6),
    };
    this.#recent.push(event);
    if (this.#recent.length > KEPT) this.#recent.shift();
    this.#added.fire(event);
  }

  /** Kept events between two moments (UNIX milliseconds), oldest first. */
  between(since: number, until: number): readonly DockerEvent[] {
    return this.#recent.filter(
      ({ timeNano }) => timeNano / 1e6 >= since && timeNano / 1e6 <= until,
    );
  }
}

/** Keys `docker events --filter` knows; others are ignored, as dockerd does. */
export function eventMatches(event: DockerEvent, filters: Filters): boolean {
  const { ID: id, Attributes: attributes } = event.Actor;
  const names = (type: DockerEvent['Type']) => (value: string) =>
    event.Type === type &&
    (id.startsWith(value) ||
      attributes['name'] === value ||
      (type === 'image' && attributes['name'] === `${value}:latest`));
  const image = (value: string): boolean => {
    const name = event.Type === 'image' ? (attributes['name'] ?? id) : attributes['image'];
    return (
      name === value ||
      name?.split(':')[0] === value ||
      (event.Type === 'image' && id.startsWith(value))
    );
  };
  return (
    filters.any(
      'event',
      (value) => event.Action === value || event.Action.startsWith(`${value}:`),
    ) &&
    filters.any('type', (value) => event.Type === value) &&
    filters.any('scope', (value) => event.scope === value) &&
    filters.any('container', names('container')) &&
    filters.any('volume', names('volume')) &&
    filters.any('network', names('network')) &&
    filters.any('image', image) &&
    filters.get('label').every((wanted) => labelMatches(attributes, wanted))
  );
}
