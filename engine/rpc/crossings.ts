/**
 * What lives on after a call: streams and functions, each with a port of its own. A worker that is
 * terminated closes none of its ports in Chromium, so that they must be ended from here.
 */
export interface Crossing {
  /** Fails everything that waits for the other side, and closes the port. */
  end(error: Error): void;
  /** Called once when it has ended by itself. */
  onOver?: () => void;
}

/** The crossings to one worker. */
export interface CrossingHolder {
  hold(crossing: Crossing): void;
}

const crossingOf = new WeakMap<object, Crossing>();
let sender: CrossingHolder | undefined;

/** Tells of a value that came from the other side. */
export function received(value: object, crossing: Crossing): void {
  crossingOf.set(value, crossing);
}

/** Tells of a value that goes to the other side by the call that is being made. */
export function sent(crossing: Crossing): void {
  sender?.hold(crossing);
}

/** Makes a call; what crosses by its parameters is held by `holder`. They are serialised before `start` returns. */
export function sending<T>(holder: CrossingHolder, start: () => T): T {
  const before = sender;
  sender = holder;
  try {
    return start();
  } finally {
    sender = before;
  }
}

/** Holds what came with the answer of a call: the value itself or its properties. */
export function holdReceived(holder: CrossingHolder, value: unknown): void {
  if (!isObject(value)) return;
  for (const part of [value, ...Object.values(value)] as unknown[]) {
    const crossing = isObject(part) ? crossingOf.get(part) : undefined;
    if (crossing !== undefined) holder.hold(crossing);
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
