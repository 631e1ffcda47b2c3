import { argon2id, argon2Verify } from 'hash-wasm';
import { z } from 'zod';
import { KeyedLock } from '../base/keyed-lock.ts';
import type { Random } from '../base/random.ts';
import { getJson, putJson, type Storage } from '../storage/storage.ts';

const FILE = 'accounts.json';
/** As Docker IDs are made, but shorter ones too. */
const namePattern = /^[a-z0-9]{2,30}$/;
/** Names that nobody may have. */
const reserved = new Set(['library', 'docker']);
const LONGEST_PASSWORD = 1024;
/** Milliseconds, at every login: the hash keeps passwords from eyes, in a storage that guards nothing of value. */
const COST = { parallelism: 1, iterations: 1, memorySize: 4 * 1024, hashLength: 32 } as const;
const SALT_BYTES = 16;

const schema = z.record(z.string(), z.string());

/**
 * Who may push. Nobody has to register: the first login under a name makes the account, and later ones
 * need the same password, of which only an Argon2id hash is kept.
 */
export class Accounts {
  readonly #storage: Storage;
  readonly #random: Random;
  readonly #lock = new KeyedLock();
  readonly #hashes: Map<string, string>;

  private constructor(storage: Storage, random: Random, hashes: Map<string, string>) {
    this.#storage = storage;
    this.#random = random;
    this.#hashes = hashes;
  }

  static async open(storage: Storage, random: Random): Promise<Accounts> {
    const stored = (await getJson(storage, FILE)) ?? {};
    return new Accounts(storage, random, new Map(Object.entries(schema.parse(stored))));
  }

  /** Whether these are the credentials of an account, which comes into being when there is none of that name. */
  logIn(name: string, password: string): Promise<boolean> {
    if (!namePattern.test(name) || reserved.has(name)) return Promise.resolve(false);
    if (password === '' || password.length > LONGEST_PASSWORD) return Promise.resolve(false);
    return this.#lock.run('', async () => {
      const known = this.#hashes.get(name);
      if (known !== undefined) return argon2Verify({ password, hash: known });
      const salt = this.#random.bytes(SALT_BYTES);
      const hash = await argon2id({ ...COST, password, salt, outputType: 'encoded' });
      await putJson(this.#storage, FILE, Object.fromEntries([...this.#hashes, [name, hash]]));
      this.#hashes.set(name, hash);
      return true;
    });
  }
}
