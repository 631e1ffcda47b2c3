import { define } from './define.ts';
import type { Environment } from '@marcbachmann/cel-js';
import { goQuote } from '../../go-text.ts';
import { isV6, parseCidr, parseIp, printIp, type IpAddress } from '../../ip.ts';
import { failed } from '../cel-error.ts';
import type { Comparable } from '../values.ts';

class CelIp implements Comparable {
  constructor(readonly address: IpAddress) {}

  equals(other: unknown): boolean {
    return other instanceof CelIp && other.toString() === this.toString();
  }

  toString(): string {
    return printIp(this.address);
  }
}

class CelCidr implements Comparable {
  constructor(
    readonly ip: CelIp,
    readonly length: number,
  ) {}

  equals(other: unknown): boolean {
    return other instanceof CelCidr && other.toString() === this.toString();
  }

  toString(): string {
    return `${this.ip.toString()}/${this.length}`;
  }

  get masked(): CelCidr {
    const network = this.#prefix(this.ip.address.bytes);
    return new CelCidr(
      new CelIp({ bytes: network, mapped: false, leadingZeros: false }),
      this.length,
    );
  }

  contains({ address }: CelIp): boolean {
    const { bytes } = this.ip.address;
    if (bytes.length !== address.bytes.length) return false;
    const prefix = this.#prefix(bytes);
    return this.#prefix(address.bytes).every((byte, index) => byte === prefix[index]);
  }

  #prefix(bytes: readonly number[]): readonly number[] {
    return bytes.map((byte, index) => {
      const kept = Math.min(8, Math.max(0, this.length - index * 8));
      return byte & (0xff << (8 - kept)) & 0xff;
    });
  }
}

/** Throws a `CelError` with upstream's message. */
function readIp(text: string): CelIp {
  const address = parseIp(text);
  if (address === undefined || address.leadingZeros) {
    const why =
      text === '' || !/[.:]/.test(text) ? ': unable to parse IP' : ': unexpected character';
    throw failed(
      `IP Address ${goQuote(text)} parse error during conversion from string: ParseAddr(${goQuote(text)})${why}`,
    );
  }
  if (address.mapped) throw failed(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return new CelIp(address);
}

function readCidr(text: string): CelCidr {
  const cidr = parseCidr(text);
  const prefix = 'network address parse error during conversion from string: ';
  if (cidr === undefined || cidr.leadingZeros) {
    const why = text.includes('/') ? 'bad bits or address after slash' : "no '/'";
    throw failed(`${prefix}${prefix}netip.ParsePrefix(${goQuote(text)}): ${why}`);
  }
  if (cidr.address.mapped) {
    throw failed(`${prefix}IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  }
  return new CelCidr(new CelIp(cidr.address), cidr.length);
}

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

/** A text that is no address makes a call no overload takes, as upstream has it. */
function convert<Value>(read: (text: string) => Value, text: string): Value {
  try {
    return read(text);
  } catch (cause) {
    throw Object.assign(failed('no such overload'), { cause });
  }
}

class IpNamespace {}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library */
export function addAddresses(environment: Environment): void {
  environment.registerType('net.IP', { ctor: CelIp, fields: {} });
  environment.registerType('net.CIDR', { ctor: CelCidr, fields: {} });
  environment.registerType('IpNamespace', IpNamespace);
  environment.registerConstant('ip', 'IpNamespace', new IpNamespace());
  define(
    environment,
    'IpNamespace.isCanonical(string): bool',
    (_ip, text: string) => readIp(text).toString() === text,
  );
  define(environment, 'ip(string): net.IP', readIp);
  define(environment, 'isIP(string): bool', (text: string) => succeeds(() => readIp(text)));
  define(environment, 'string(net.IP): string', (ip: CelIp) => ip.toString());
  define(environment, 'net.IP.family(): int', ({ address }: CelIp) => (isV6(address) ? 6n : 4n));
  for (const [name, check] of Object.entries(kinds)) {
    define(environment, `net.IP.${name}(): bool`, ({ address }: CelIp) => check(address.bytes));
  }
  environment.registerOperator('net.IP == net.IP', (a: CelIp, b: CelIp) => a.equals(b));
  addNetworks(environment);
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-cidr-library */
function addNetworks(environment: Environment): void {
  define(environment, 'cidr(string): net.CIDR', readCidr);
  define(environment, 'isCIDR(string): bool', (text: string) => succeeds(() => readCidr(text)));
  define(environment, 'string(net.CIDR): string', (cidr: CelCidr) => cidr.toString());
  define(environment, 'net.CIDR.ip(): net.IP', ({ ip }: CelCidr) => ip);
  define(environment, 'net.CIDR.masked(): net.CIDR', ({ masked }: CelCidr) => masked);
  define(environment, 'net.CIDR.prefixLength(): int', ({ length }: CelCidr) => BigInt(length));
  define(environment, 'net.CIDR.containsIP(net.IP): bool', (cidr: CelCidr, ip: CelIp) =>
    cidr.contains(ip),
  );
  define(environment, 'net.CIDR.containsIP(string): bool', (cidr: CelCidr, text: string) =>
    cidr.contains(convert(readIp, text)),
  );
  const containsCidr = (cidr: CelCidr, other: CelCidr) =>
    cidr.length <= other.length && cidr.contains(other.ip);
  define(environment, 'net.CIDR.containsCIDR(net.CIDR): bool', containsCidr);
  define(environment, 'net.CIDR.containsCIDR(string): bool', (cidr: CelCidr, text: string) =>
    containsCidr(cidr, convert(readCidr, text)),
  );
  environment.registerOperator('net.CIDR == net.CIDR', (a: CelCidr, b: CelCidr) => a.equals(b));
}

type Bytes = readonly number[];

const isUnspecified = (bytes: Bytes) => bytes.every((byte) => byte === 0);
const isV4 = (bytes: Bytes) => bytes.length === 4;
const isLoopback = (bytes: Bytes) =>
  isV4(bytes) ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
const isMulticast = ([first = 0, ...rest]: Bytes) =>
  rest.length === 3 ? first >> 4 === 14 : first === 255;
const isLinkLocalUnicast = ([first = 0, second = 0, ...rest]: Bytes) =>
  rest.length === 2 ? first === 169 && second === 254 : first === 254 && second >> 6 === 2;
const isLinkLocalMulticast = ([first = 0, second = 0, third, ...rest]: Bytes) =>
  rest.length === 1
    ? first === 224 && second === 0 && third === 0
    : first === 255 && (second & 15) === 2;
const isBroadcast = (bytes: Bytes) => isV4(bytes) && bytes.every((byte) => byte === 255);

const kinds: Readonly<Record<string, (bytes: Bytes) => boolean>> = {
  isUnspecified,
  isLoopback,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isGlobalUnicast: (bytes) =>
    ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast, isBroadcast].some((is) =>
      is(bytes),
    ),
};
