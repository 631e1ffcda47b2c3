import type { Clock } from '../../base/clock.ts';
import type { UserInfo } from '../auth/user-info.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { ServedResource } from '../registry/served-resource.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What is about to happen (k8s.io/apiserver `admission.Attributes`). */
export interface Attributes {
  readonly operation: Operation;
  /** what the request is about; with a subresource, its parent */
  readonly resource: ServedResource;
  /** what `object` is, where that is not the resource itself: Scale, Binding, Eviction, … */
  readonly body?: ServedResource;
  /** empty for the object itself */
  readonly subresource: string;
  readonly namespace: string;
  /** empty when the server is about to generate one */
  readonly name: string;
  /** undefined for deletions */
  readonly object: ApiObject | undefined;
  /** undefined for creations */
  readonly old: ApiObject | undefined;
  /** the request's options, with kind and version */
  readonly options: Readonly<Record<string, unknown>>;
  readonly dryRun: boolean;
  readonly user: UserInfo;
  readonly warn: (text: string) => void;
  /** Adds a note to the request's audit event; the first value of a key stays. */
  readonly annotate: (key: string, value: string) => void;
}

/**
 * The one or two runs of mutating admission for a request: what changes the object late may ask that
 * everybody looks at it again.
 */
export class Runs {
  readonly #memories = new Map<AdmissionPlugin, unknown>();
  #again = false;
  #second = false;

  get isSecond(): boolean {
    return this.#second;
  }

  askAgain(): void {
    this.#again = true;
  }

  /** What a plugin wants to remember in the second run. */
  memory<T>(plugin: AdmissionPlugin, make: () => T): T {
    if (!this.#memories.has(plugin)) this.#memories.set(plugin, make());
    return this.#memories.get(plugin) as T;
  }

  /** Whether there is another run, which begins. */
  next(): boolean {
    if (this.#second || !this.#again) return false;
    this.#second = true;
    return true;
  }
}

/** One admission controller. What it throws refuses the request. */
export interface AdmissionPlugin {
  readonly name: string;
  /** the object as it shall be, or undefined to leave it */
  mutate?(
    attributes: Attributes,
    runs: Runs,
  ): Promise<ApiObject | undefined> | ApiObject | undefined;
  validate?(attributes: Attributes): Promise<void> | void;
}

/** One controller's say about one request. */
export interface AdmissionStep {
  readonly plugin: string;
  readonly operation: Operation;
  readonly type: 'admit' | 'validate';
  readonly rejected: boolean;
  /** milliseconds */
  readonly duration: number;
}

/** Admission controllers in their order: all mutate, then all validate. */
export class Admission {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #clock: Clock;
  readonly #onStep: (step: AdmissionStep) => void;

  constructor(
    plugins: readonly AdmissionPlugin[],
    clock: Clock,
    onStep: (step: AdmissionStep) => void,
  ) {
    this.#plugins = plugins;
    this.#clock = clock;
    this.#onStep = onStep;
  }

  async mutate(attributes: Attributes): Promise<ApiObject | undefined> {
    let about = attributes;
    const runs = new Runs();
    do {
      for (const plugin of this.#plugins) {
        if (plugin.mutate === undefined) continue;
        const begun = this.#clock.monotonic();
        let rejected = true;
        try {
          const mutated = plugin.mutate(about, runs);
          // Most know at once that they leave it.
          const object = mutated instanceof Promise ? await mutated : mutated;
          if (object !== undefined) about = { ...about, object };
          rejected = false;
        } finally {
          this.#tell(plugin, attributes, 'admit', rejected, begun);
        }
      }
    } while (runs.next());
    return about.object;
  }

  async validate(attributes: Attributes): Promise<void> {
    for (const plugin of this.#plugins) {
      if (plugin.validate === undefined) continue;
      const begun = this.#clock.monotonic();
      let rejected = true;
      try {
        const validated = plugin.validate(attributes);
        if (validated instanceof Promise) await validated;
        rejected = false;
      } finally {
        this.#tell(plugin, attributes, 'validate', rejected, begun);
      }
    }
  }

  #tell(
    { name }: AdmissionPlugin,
    { operation }: Attributes,
    type: AdmissionStep['type'],
    rejected: boolean,
    begun: number,
  ): void {
    const duration = this.#clock.monotonic() - begun;
    this.#onStep({ plugin: name, operation, type, rejected, duration });
  }
}
