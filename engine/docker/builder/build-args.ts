/** Proxy settings that need no ARG and leave no trace in the image (Dockerfile reference, "Predefined ARGs"). */
const predefined = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap(
  (name) => [name, name.toLowerCase()],
);

/** What `--build-arg` gave, what ARG declared, and what of it was asked for. */
export class BuildArgs {
  readonly #given: ReadonlyMap<string, string | null>;
  readonly #global: Map<string, string | undefined>;
  readonly #declared = new Map<string, string | undefined>();
  readonly #referenced: Set<string>;

  /** `given`: values of `--build-arg`; null for a name without a value. */
  constructor(given: Readonly<Record<string, string | null>>, parent?: BuildArgs) {
    this.#given = parent ? parent.#given : new Map(Object.entries(given));
    this.#global = parent ? parent.#global : new Map();
    this.#referenced = parent ? parent.#referenced : new Set();
  }

  /** Arguments of one stage: global ones are known, but must be declared again. */
  forStage(): BuildArgs {
    return new BuildArgs({}, this);
  }

  declareGlobal(key: string, value: string | undefined): void {
    this.#global.set(key, value);
    this.declare(key, value);
  }

  declare(key: string, value: string | undefined): void {
    this.#declared.set(key, value);
    this.#referenced.add(key);
  }

  /** For FROM lines. */
  globals(): Map<string, string> {
    return this.#values(this.#global);
  }

  /** For everything else in the stage, without those that ENV has overridden. */
  allowed(environment: ReadonlyMap<string, string> = new Map()): Map<string, string> {
    const values = this.#values(this.#declared);
    for (const key of environment.keys()) values.delete(key);
    return values;
  }

  /** Whether a value becomes part of the image's history and of the cache key. */
  isRecorded(key: string): boolean {
    return this.#declared.has(key) || !predefined.includes(key);
  }

  /** Names given on the command line that nothing declared. */
  unused(): readonly string[] {
    return [...this.#given.keys()]
      .filter((key) => !this.#referenced.has(key) && !predefined.includes(key))
      .sort();
  }

  #values(declared: ReadonlyMap<string, string | undefined>): Map<string, string> {
    const values = new Map<string, string>();
    for (const key of new Set([...declared.keys(), ...predefined])) {
      const value = this.#given.get(key) ?? declared.get(key) ?? this.#global.get(key);
      if (value !== undefined) values.set(key, value);
    }
    return values;
  }
}
