import type { CustomKind } from '../../objects/custom/custom-kind.ts';
import { formatApiVersion } from '../../objects/kubernetes-object.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { StorageCodec } from '../store/storage-codec.ts';
import { encodeForStorage, StoredObject } from '../store/stored-object.ts';
import type { Converter } from './conversion.ts';

/** Custom resources as one version shows them: converted, without what its schema does not know, with its defaults. */
export class CustomCodec implements StorageCodec {
  readonly #kind: CustomKind;
  readonly #converter: Converter;
  readonly #storedVersion: string;

  /** @param storedVersion `example.com/v1` */
  constructor(kind: CustomKind, converter: Converter, storedVersion: string) {
    this.#kind = kind;
    this.#converter = converter;
    this.#storedVersion = storedVersion;
  }

  async open(stored: readonly StoredObject[]): Promise<readonly StoredObject[]> {
    const read = await this.read(stored.map(({ object }) => object));
    return stored.map(({ key, revision }, index) => {
      const object = read[index];
      if (object === undefined) throw new Error(`The conversion of ${key} is missing.`);
      return new StoredObject({ key, value: encodeForStorage(object), modRevision: revision });
    });
  }

  async read(objects: readonly ApiObject[]): Promise<readonly ApiObject[]> {
    const converted = await this.#converter.convert(objects, formatApiVersion(this.#kind));
    return converted.map((object) => this.#kind.fromStorage(object) as ApiObject);
  }

  async close(object: ApiObject): Promise<ApiObject> {
    const [converted = object] = await this.#converter.convert([object], this.#storedVersion);
    return converted;
  }
}
