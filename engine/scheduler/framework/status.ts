/**
 * How a plugin refuses a Pod. `Unschedulable` may be helped by removing other Pods,
 * `UnschedulableAndUnresolvable` may not, and `Pending` waits for something outside of the scheduler.
 */
export type RejectionCode = 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Pending';

/** A plugin's refusal. Success is `undefined`, and a failure of the plugin itself is thrown. */
export interface Rejection {
  readonly plugin: string;
  readonly code: RejectionCode;
  /** for people; counted over all nodes in the Pod's event */
  readonly reasons: readonly string[];
}

/** Removing other Pods may help. */
export function unschedulable(plugin: string, ...reasons: string[]): Rejection {
  return { plugin, code: 'Unschedulable', reasons };
}

/** No removal of Pods helps. */
export function unresolvable(plugin: string, ...reasons: string[]): Rejection {
  return { plugin, code: 'UnschedulableAndUnresolvable', reasons };
}

/** The plugin has nothing to do for this Pod: it is left out of the rest of the cycle. */
export const SKIP = Symbol('skip');
export type Skip = typeof SKIP;
