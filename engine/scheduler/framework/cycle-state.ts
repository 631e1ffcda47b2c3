/** Data that changes within a cycle. */
export interface StateData {
  /** A copy that changes apart, for trials of preemption. */
  clone(): object;
}

/** Names a plugin's data and says of what type it is. */
export class StateKey<T extends object> {
  readonly name: string;
  /** never there: it carries the type */
  declare readonly type?: T;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * What the plugins of one cycle tell themselves from one extension point to the next. Data that
 * changes is `StateData`; anything else is shared with copies.
 */
export class CycleState {
  readonly #data = new Map<object, object>();

  read<T extends object>(key: StateKey<T>): T | undefined {
    // A key is only ever written with its own type.
    return this.#data.get(key) as T | undefined;
  }

  write<T extends object>(key: StateKey<T>, data: T): void {
    this.#data.set(key, data);
  }

  clone(): CycleState {
    const copy = new CycleState();
    for (const [key, data] of this.#data)
      copy.#data.set(key, isCloneable(data) ? data.clone() : data);
    return copy;
  }
}

function isCloneable(data: object): data is StateData {
  return 'clone' in data && typeof data.clone === 'function';
}
