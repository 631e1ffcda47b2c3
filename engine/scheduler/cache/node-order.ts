/**
 * The order in which nodes are looked at: one of each zone in turn, so that a search that ends early
 * has seen all zones.
 */
export class NodeOrder {
  /** names in order of appearance, by zone in order of appearance */
  readonly #zones = new Map<string, Set<string>>();

  add(name: string, zone: string): void {
    const names = this.#zones.get(zone);
    if (names === undefined) this.#zones.set(zone, new Set([name]));
    else names.add(name);
  }

  remove(name: string, zone: string): void {
    const names = this.#zones.get(zone);
    names?.delete(name);
    if (names?.size === 0) this.#zones.delete(zone);
  }

  list(): string[] {
    const zones = [...this.#zones.values()].map((names) => [...names]);
    const longest = Math.max(0, ...zones.map(({ length }) => length));
    const result: string[] = [];
    for (let index = 0; index < longest; index++)
      for (const zone of zones) {
        const name = zone[index];
        if (name !== undefined) result.push(name);
      }
    return result;
  }
}

/** What tells zones apart; '' for nodes that say nothing. */
export function zoneOf(labels: Readonly<Record<string, string>>): string {
  const zone =
    labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? '';
  const region =
    labels['topology.kubernetes.io/region'] ??
    labels['failure-domain.beta.kubernetes.io/region'] ??
    '';
  return zone === '' && region === '' ? '' : `${region}/${zone}`;
}
