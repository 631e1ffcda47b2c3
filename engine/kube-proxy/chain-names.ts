import { createSHA256, type IHasher } from 'hash-wasm';

/** What `nft` takes for a name, less the longest prefix of ours. */
const MOST = 256 - 16;
const HASH_CHARACTERS = 8;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const encoder = new TextEncoder();

/** A Service's port, as chains are named after it. */
export interface PortName {
  readonly namespace: string;
  readonly name: string;
  /** of the port; may be empty */
  readonly port: string;
  readonly protocol: string;
}

/**
 * Names of chains and sets as upstream's nftables mode gives them: `ULMVA6XW-ns1/svc1/tcp/p80`. The hash in
 * front keeps names apart that differ in one digit, for readers, and those that have to be cut.
 */
export class ChainNames {
  readonly #hasher: IHasher;
  readonly #known = new Map<string, string>();

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  static async create(): Promise<ChainNames> {
    return new ChainNames(await createSHA256());
  }

  ofPort(port: PortName): string {
    return this.#hashed(base(port));
  }

  ofEndpoint(port: PortName, address: string, number: number): string {
    return this.#hashed(`${base(port)}__${address}/${number}`);
  }

  #hashed(name: string): string {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const digest = this.#hasher.init().update(encoder.encode(name)).digest('binary');
    const hashed = `${inBase32(digest)}-${name}`;
    const made = hashed.length > MOST ? `${hashed.slice(0, MOST - 3)}...` : hashed;
    this.#known.set(name, made);
    return made;
  }
}

const base = ({ namespace, name, port, protocol }: PortName) =>
  `${namespace}/${name}/${protocol.toLowerCase()}/${port}`;

/** The first characters in base 32 (RFC 4648). */
function inBase32(bytes: Uint8Array): string {
  let text = '';
  for (let bit = 0; text.length < HASH_CHARACTERS; bit += 5) {
    const two = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += base32[(two >> (11 - (bit & 7))) & 31];
  }
  return text;
}
