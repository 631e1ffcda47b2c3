import type { KubernetesObject } from '../kubernetes-object.ts';

/**
 * What the registry does to objects of a kind before it validates and stores them (upstream's
 * `pkg/registry/…/strategy.go`). Nothing is changed in place: a step returns the object to go on with.
 */
export interface KindStrategy {
  readonly prepareForCreate?: (
    object: KubernetesObject,
    context: StrategyContext,
  ) => KubernetesObject;
  readonly prepareForUpdate?: Preparation;
  /** Updates by subresources. */
  readonly subresources?: Readonly<Record<string, Preparation>>;
  /** What a client should know of an object it creates, or changes (with `old`). */
  readonly warnings?: (object: KubernetesObject, old: KubernetesObject | undefined) => string[];
  readonly statusWarnings?: (object: KubernetesObject) => string[];
}

export interface StrategyContext {
  /** The time, in RFC 3339 with seconds. */
  readonly now: string;
  /** Who asks. */
  readonly user?: {
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
}

export type Preparation = (
  object: KubernetesObject,
  old: KubernetesObject,
  context: StrategyContext,
) => KubernetesObject;

/** A kind's strategy written for its type. */
export function kindStrategy<T extends object>(steps: {
  prepareForCreate?: (object: T, context: StrategyContext) => T;
  prepareForUpdate?: (object: T, old: T, context: StrategyContext) => T;
  subresources?: Readonly<Record<string, (object: T, old: T, context: StrategyContext) => T>>;
  warnings?: (object: T, old: T | undefined) => string[];
  statusWarnings?: (object: T) => string[];
}): KindStrategy {
  return steps as unknown as KindStrategy;
}
