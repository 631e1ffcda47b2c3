import type { Watcher } from './open-watches.ts';
import type { Recorded } from './recording.ts';
import { CONTROL_PLANE, isPage, OF_NODE, type Station, type StationNode } from './stations.ts';
import { wordsOf } from './words.ts';

export interface StationState extends Station {
  /** what it said or was told last: `create pods/web/binding` */
  readonly last: string;
  /** kinds it watches now */
  readonly watches: readonly string[];
}

export interface MapState {
  readonly above: readonly StationState[];
  /** by name of the node */
  readonly nodes: ReadonlyMap<string, readonly StationState[]>;
}

/** The boxes around the API server. @param items what is shown, oldest first */
export function mapState(
  items: readonly Recorded[],
  nodes: readonly StationNode[],
  watchers: readonly Watcher[],
): MapState {
  const stations = new Map<string, Station>();
  for (const name of CONTROL_PLANE) stations.set(name, { id: name, name });
  for (const { name: node } of nodes)
    for (const name of OF_NODE)
      stations.set(`${node}/${name}`, { id: `${node}/${name}`, name, node });
  const last = new Map<string, Recorded>();
  const watches = new Map<string, readonly string[]>();
  for (const { station, resources } of watchers) {
    stations.set(station.id, station);
    watches.set(station.id, resources);
  }
  for (const item of items) {
    const { id } = item.station;
    stations.set(id, item.station);
    last.set(id, item);
  }
  const states = [...stations.values()].map((station) => {
    const item = last.get(station.id);
    const words = item && wordsOf(item);
    return {
      ...station,
      last: words === undefined ? '' : `${words.verb} ${words.object}`,
      watches: watches.get(station.id) ?? [],
    };
  });
  return {
    above: states.filter(({ node }) => node === undefined).toSorted(byRank),
    nodes: new Map(
      nodes.map(({ name }) => [name, states.filter(({ node }) => node === name)] as const),
    ),
  };
}

/** The control plane first, then programs by name, then this page. */
function byRank(one: Station, other: Station): number {
  return rank(one) - rank(other) || one.name.localeCompare(other.name);
}

function rank(station: Station): number {
  const place = CONTROL_PLANE.findIndex((name) => name === station.name);
  if (place >= 0) return place;
  return isPage(station) ? CONTROL_PLANE.length + 1 : CONTROL_PLANE.length;
}
