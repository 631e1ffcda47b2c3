import type { Random } from '../../base/random.ts';
import { toHex } from '../../base/hex.ts';
import type { Digest } from '../../runtime/types.ts';
import { getJson, putJson, type Storage } from '../../runtime/storage/storage.ts';
import { notFound, badRequest } from '../api/api-error.ts';
import type { Config, HostConfig } from './container-config.ts';
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
  /** of the current or last run; 64 hexadecimal digits each */
  endpointId: string;
  sandboxId: string;
  /** exit code when it never came to run */
  startFailure?: number;
}

const PREFIX = 'docker/containers/';

/** All records, by id and by name. Changes are durable when the returned promise resolves. */
export class ContainerRecords {
  readonly #storage: Storage;
  readonly #byId = new Map<string, ContainerRecord>();

  private constructor(storage: Storage) {
    this.#storage = storage;
  }

  static async load(storage: Storage): Promise<ContainerRecords> {
    const records = new ContainerRecords(storage);
    for (const { name } of await storage.list(PREFIX)) {
      const record = (await getJson(storage, name)) as ContainerRecord | undefined;
      if (record !== undefined) records.#byId.set(record.id, record);
    }
    return records;
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
    const name = reference.replace(/^\//, '');
    if (name === '') throw badRequest('invalid container name or ID: value is empty');
    const exact = this.#byId.get(name) ?? this.named(name);
    if (exact !== undefined) return exact;
    const matches = [...this.#byId.values()].filter(({ id }) => id.startsWith(name));
    if (matches.length > 1)
      throw badRequest(`Multiple IDs found with provided prefix: ${reference}`);
    const [match] = matches;
    if (match === undefined) throw notFound(`No such container: ${reference}`);
    return match;
  }

  async save(record: ContainerRecord): Promise<void> {
    this.#byId.set(record.id, record);
    await putJson(this.#storage, `${PREFIX}${record.id}`, record);
  }

  async remove(id: string): Promise<void> {
    this.#byId.delete(id);
    await this.#storage.remove(`${PREFIX}${id}`);
  }
}

export function randomId(random: Random): string {
  return toHex(random.bytes(32));
}
