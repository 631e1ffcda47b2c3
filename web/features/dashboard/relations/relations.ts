import type { Stored } from '../../../../engine/client/resource.ts';
import type { KubernetesObject } from '../../../../engine/objects/kubernetes-object.ts';
import { matchesLabels } from '../../../../engine/objects/selectors/label-selector.ts';
import { referencesOf, selectingOf, type GroupKind, type Target } from './references.ts';

/** An object that is there. Of kinds that refer to nothing its metadata is enough. */
export interface Known extends GroupKind {
  readonly object: Stored<KubernetesObject>;
}

export interface RelatedObject extends Target {
  readonly key: string;
  /** columns to the right of the object in the middle: what leads to it is at its left */
  readonly layer: number;
  /** false: something names it, and it is not there */
  readonly exists: boolean;
}

export interface Relation {
  readonly from: string;
  readonly to: string;
  readonly how: 'owns' | 'selects' | 'names';
  /** between the two: “Deployment web”, “owns”, “ReplicaSet web-1” */
  readonly words: string;
}

export interface Relations {
  /** the one in the middle is the first */
  readonly objects: readonly RelatedObject[];
  readonly relations: readonly Relation[];
}

/** References that are followed one after the other: from an Ingress to a Service and on to its Pods. */
const MOST_STEPS = 4;

const keyOf = ({ group, kind, namespace, name }: Target): string =>
  `${kind}.${group}/${namespace}/${name}`;

const targetOf = ({ group, kind, object: { metadata } }: Known): Target => ({
  group,
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

/** All that some objects say of one another. */
export class RelationIndex {
  readonly #targets = new Map<string, Target>();
  readonly #existing = new Set<string>();
  readonly #out = new Map<string, Relation[]>();
  readonly #in = new Map<string, Relation[]>();

  constructor(objects: Iterable<Known>) {
    const all = [...objects];
    const byUid = new Map(all.map((known) => [known.object.metadata.uid, keyOf(targetOf(known))]));
    const pods = new Map<string | undefined, Known[]>();
    for (const known of all)
      if (known.kind === 'Pod' && known.group === '')
        append(pods, known.object.metadata.namespace, known);
    for (const known of all) {
      const { metadata } = known.object;
      const key = this.#note(targetOf(known));
      this.#existing.add(key);
      for (const { uid } of metadata.ownerReferences ?? []) {
        const owner = byUid.get(uid);
        if (owner !== undefined) this.#add({ from: owner, to: key, how: 'owns', words: 'owns' });
      }
      for (const { words, target, isReversed = false } of referencesOf(known, known.object)) {
        const other = this.#note(target);
        const [from, to] = isReversed ? [other, key] : [key, other];
        this.#add({ from, to, how: 'names', words });
      }
      const selecting = selectingOf(known, known.object);
      if (selecting === undefined) continue;
      for (const pod of pods.get(metadata.namespace) ?? [])
        if (matchesLabels(selecting.selector, pod.object.metadata.labels))
          this.#add({
            from: key,
            to: keyOf(targetOf(pod)),
            how: 'selects',
            words: selecting.words,
          });
    }
  }

  /**
   * What owns the object and what it owns, from end to end; what selects or names it or its Pods; what it
   * selects and names. What is found behind a Pod that is not in the middle is left out.
   */
  around(middle: Target): Relations {
    const layers = new Map([[this.#note(middle), 0]]);
    const relations = new Set<Relation>();
    this.#goDown(keyOf(middle), layers, relations);
    this.#goUp(keyOf(middle), layers, relations);
    for (const [key, layer] of layers)
      if (layer > 0 && this.#isOwnedBelow(key, layers))
        for (const selects of this.#in.get(key) ?? [])
          if (selects.how === 'selects') this.#takeUp(selects, layers, relations);
    straighten(layers, relations);
    const objects = [...layers].map(([key, layer]) => ({
      ...(this.#targets.get(key) ?? middle),
      key,
      layer,
      exists: this.#existing.has(key),
    }));
    return { objects, relations: [...relations] };
  }

  #goDown(from: string, layers: Map<string, number>, relations: Set<Relation>): void {
    const visit = (key: string, isOwned: boolean): void => {
      const layer = layers.get(key) ?? 0;
      if (layer >= MOST_STEPS) return;
      for (const relation of this.#out.get(key) ?? []) {
        // What owned objects name is named by their owner's template; the static Pods of a Node on which the one in the middle runs
        // are another story.
        if (relation.how === 'owns' ? layer > 0 && isNode(key) : isOwned) continue;
        relations.add(relation);
        if (layers.has(relation.to)) continue;
        layers.set(relation.to, layer + 1);
        if (!isPod(relation.to)) visit(relation.to, relation.how === 'owns');
      }
    };
    visit(from, false);
  }

  #goUp(from: string, layers: Map<string, number>, relations: Set<Relation>): void {
    for (const relation of this.#naming(from))
      // Of an owner, as a Node is of its static Pods, other Pods are another story.
      if (layers.get(from) === 0 || !isPod(relation.from))
        this.#takeUp(relation, layers, relations);
    for (const relation of this.#in.get(from) ?? []) {
      if (relation.how !== 'owns') continue;
      relations.add(relation);
      if (layers.has(relation.from)) continue;
      layers.set(relation.from, (layers.get(from) ?? 0) - 1);
      this.#goUp(relation.from, layers, relations);
    }
  }

  /** Takes in what names or selects, and what names that. */
  #takeUp(relation: Relation, layers: Map<string, number>, relations: Set<Relation>): void {
    relations.add(relation);
    if (layers.has(relation.from)) return;
    const layer = (layers.get(relation.to) ?? 0) - 1;
    layers.set(relation.from, layer);
    if (isPod(relation.from) || layer <= -MOST_STEPS) return;
    for (const further of this.#naming(relation.from)) this.#takeUp(further, layers, relations);
  }

  /** What names or selects it; not what is owned by something else that does. */
  #naming(key: string): readonly Relation[] {
    const found = (this.#in.get(key) ?? []).filter(({ how }) => how !== 'owns');
    const sources = new Set(found.map(({ from }) => from));
    return found.filter(
      ({ from }) =>
        !(this.#in.get(from) ?? []).some((owns) => owns.how === 'owns' && sources.has(owns.from)),
    );
  }

  #isOwnedBelow(key: string, layers: ReadonlyMap<string, number>): boolean {
    return (this.#in.get(key) ?? []).some(
      ({ how, from }) => how === 'owns' && (layers.get(from) ?? -1) >= 0,
    );
  }

  #note(target: Target): string {
    const key = keyOf(target);
    if (!this.#targets.has(key)) this.#targets.set(key, target);
    return key;
  }

  #add(relation: Relation): void {
    append(this.#out, relation.from, relation);
    append(this.#in, relation.to, relation);
  }
}

/** Adds to the list of a key. */
export function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

const isPod = (key: string): boolean => key.startsWith('Pod./');
const isNode = (key: string): boolean => key.startsWith('Node./');

/** Moves objects apart until every relation leads to the right, as far as there is no circle. */
function straighten(layers: Map<string, number>, relations: Iterable<Relation>): void {
  const all = [...relations];
  for (let round = 0; round < MOST_STEPS; round++)
    for (const { from, to } of all) {
      const [left = 0, right = 0] = [layers.get(from), layers.get(to)];
      if (left < right) continue;
      if (left < 0) layers.set(from, right - 1);
      else if (right > 0) layers.set(to, left + 1);
    }
}
