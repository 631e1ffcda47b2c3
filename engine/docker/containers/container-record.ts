import type { Random } from '../../base/random.ts';
import { toHex } from '../../base/hex.ts';
import type { Digest, Runtime } from '../../runtime/types.ts';
import { notFound, badRequest } from '../api/api-error.ts';
import type { Config } from './container-config.ts';
import type { HostConfig } from './host-config.ts';
import type { EndpointSettings } from '../networks/container-endpoints.ts';
import type { MountPoint } from './mounts.ts';

/** What the engine knows of a container beyond the runtime: kept, so that a new engine finds it again. */
export interface ContainerRecord {
  /** 64 hexadecimal digits */
  readonly id: string;
  /** without the slash that Docker puts before it */
  name: string;
  /** UNIX milliseconds */
  readonly created: number;
  readonly image: Digest;
  readonly config: Config;
  hostConfig: HostConfig;
  readonly mounts: readonly MountPoint[];
  restartCount: number;
  /** by `docker stop`: restart policies leave it alone */
  manuallyStopped: boolean;
  /** by network, as `NetworkSettings.Networks` has them */
  networks: Readonly<Record<string, EndpointSettings>>;
  /** of the current or last run, 64 hexadecimal digits; empty before the first */
  sandboxId: string;
  /** ids of containers it is linked to (`--link`), by alias */
  links?: Readonly<Record<string, string>>;
  /** exit code when it never came to run */
  startFailure?: number;
}

/** The label under which the runtime keeps a record with its container: it travels with a saved machine. */
const LABEL = 'drydock.docker';

export function recordLabels(record: ContainerRecord): Readonly<Record<string, string>> {
  return { [LABEL]: JSON.stringify(record) };
}

/** All records, by id and by name. Changes are durable when the returned promise resolves. */
export class ContainerRecords {
  readonly #runtime: Runtime;
  readonly #byId = new Map<string, ContainerRecord>();
  /** names of containers that are being created → their ids */
  readonly #reserved = new Map<string, string>();

  /** Takes over what the runtime kept. Containers without our label belong to somebody else. */
  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    for (const { id, config } of runtime.containers()) {
      const text = config.labels?.[LABEL];
      if (text !== undefined) this.#byId.set(id, JSON.parse(text) as ContainerRecord);
    }
  }

  list(): readonly ContainerRecord[] {
    return [...this.#byId.values()];
  }

  find(id: string): ContainerRecord | undefined {
    return this.#byId.get(id);
  }

  named(name: string): ContainerRecord | undefined {
    for (const record of this.#byId.values()) if (record.name === name) return record;
    return undefined;
  }

  /** By whole id, name, or id prefix. Throws 404, or 400 when the prefix fits several. */
  get(reference: string): ContainerRecord {
    if (/^\/?$/.test(reference)) throw badRequest('invalid container name or ID: value is empty');
    const [match, ...others] = this.#matches(reference);
    if (others.length > 0)
      throw badRequest(`Multiple IDs found with provided prefix: ${reference}`);
    if (match === undefined) throw notFound(`No such container: ${reference}`);
    return match;
  }

  /** As `get` finds it; undefined where that throws. */
  search(reference: string): ContainerRecord | undefined {
    const [match, ...others] = this.#matches(reference);
    return others.length > 0 ? undefined : match;
  }

  #matches(reference: string): readonly ContainerRecord[] {
    const name = reference.replace(/^\//, '');
    const exact = this.#byId.get(name) ?? this.named(name) ?? this.#linked(name);
    if (exact !== undefined) return [exact];
    return name === '' ? [] : this.list().filter(({ id }) => id.startsWith(name));
  }

  /** `web/db`, as which a container is linked. */
  linkNames({ id }: ContainerRecord): readonly string[] {
    return this.list().flatMap((parent) =>
      Object.entries(parent.links ?? {})
        .filter(([, child]) => child === id)
        .map(([alias]) => `${parent.name}/${alias}`),
    );
  }

  #linked(name: string): ContainerRecord | undefined {
    const [, parent = '', alias = ''] = /^([^/]+)\/([^/]+)$/.exec(name) ?? [];
    return this.#byId.get(this.named(parent)?.links?.[alias] ?? '');
  }

  /** Id of the container that has a name, or that is being created with it. */
  holderOf(name: string): string | undefined {
    return this.named(name)?.id ?? this.#reserved.get(name);
  }

  /** Keeps a name while its container is being created, so that two requests at once cannot have it. */
  async whileReserved(name: string, id: string, create: () => Promise<void>): Promise<void> {
    this.#reserved.set(name, id);
    try {
      await create();
    } finally {
      this.#reserved.delete(name);
    }
  }

  /** Makes known a container that exists and carries its record. */
  add(record: ContainerRecord): void {
    this.#byId.set(record.id, record);
  }

  async save(record: ContainerRecord): Promise<void> {
    this.#byId.set(record.id, record);
    await this.#runtime.labelContainer(record.id, recordLabels(record));
  }

  /** The container itself takes its record along. */
  forget(id: string): void {
    this.#byId.delete(id);
  }
}

export function randomId(random: Random): string {
  return toHex(random.bytes(32));
}
