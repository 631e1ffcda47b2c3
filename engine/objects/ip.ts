/**
 * IP addresses and CIDR prefixes with the texts and tolerance of upstream: Go's parsers before 1.17,
 * which accept leading zeros (`010.0.0.1` is 10.0.0.1), and the strict checks new values get.
 */

/** An address: 4 or 16 bytes. An IPv4-mapped IPv6 address has 4 bytes and `mapped`. */
export interface IpAddress {
  readonly bytes: readonly number[];
  /** Written as `::ffff:1.2.3.4`. */
  readonly mapped: boolean;
  /** An IPv4 part has a leading zero, which strict parsers refuse. */
  readonly leadingZeros: boolean;
}

export interface IpPrefix {
  /** The address as written; `network` has the bits beyond the length cleared. */
  readonly address: IpAddress;
  readonly network: IpAddress;
  readonly length: number;
  readonly leadingZeros: boolean;
}

/** The address `text` names, or `undefined`. */
export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): IpAddress | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,}$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  const leadingZeros = parts.some((part) => part.length > 1 && part.startsWith('0'));
  return { bytes: parts.map(Number), mapped: false, leadingZeros };
}

function parseV6(text: string): IpAddress | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : { bytes: [], zeros: false };
  if (!head || !tail) return undefined;
  const missing = 16 - head.bytes.length - tail.bytes.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  const bytes = [...head.bytes, ...Array<number>(missing).fill(0), ...tail.bytes];
  const leadingZeros = head.zeros || tail.zeros;
  const isMapped =
    bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped
    ? { bytes: bytes.slice(12), mapped: true, leadingZeros }
    : { bytes, mapped: false, leadingZeros };
}

/** The bytes of groups between colons; the last one may be an IPv4 address. */
function groups(text: string, last: boolean): { bytes: number[]; zeros: boolean } | undefined {
  if (text === '') return { bytes: [], zeros: false };
  const bytes: number[] = [];
  let zeros = false;
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const v4 = parseV4(part);
      if (!v4) return undefined;
      zeros = v4.leadingZeros;
      bytes.push(...v4.bytes);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 0xff);
    } else {
      return undefined;
    }
  }
  return { bytes, zeros };
}

/** The prefix `text` (`10.0.0.0/8`) names, or `undefined`. */
export function parseCidr(text: string): IpPrefix | undefined {
  const [addressText = '', lengthText = '', ...rest] = text.split('/');
  const address = parseIp(addressText);
  if (!address || rest.length > 0 || !/^\d{1,}$/.test(lengthText)) return undefined;
  const bits = address.mapped ? 128 : address.bytes.length * 8;
  const written = Number(lengthText);
  if (written > bits) return undefined;
  const length = address.mapped ? Math.max(0, written - 96) : written;
  const bytes = address.bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return {
    address,
    network: { bytes, mapped: false, leadingZeros: false },
    length,
    leadingZeros: address.leadingZeros || (lengthText.length > 1 && lengthText.startsWith('0')),
  };
}

export const isV6 = (address: IpAddress) => address.bytes.length === 16;

/** Canonical text (RFC 5952): the longest run of two or more zero groups becomes `::`. */
export function printIp(address: IpAddress): string {
  if (!isV6(address)) return address.bytes.join('.');
  const numbers = Array.from(
    { length: 8 },
    (_, index) => ((address.bytes[index * 2] ?? 0) << 8) | (address.bytes[index * 2 + 1] ?? 0),
  );
  let start = -1;
  let longest = 1;
  for (let index = 0; index < 8; index++) {
    let end = index;
    while (end < 8 && numbers[end] === 0) end++;
    if (end - index > longest) [start, longest] = [index, end - index];
  }
  const hex = (part: number[]) => part.map((number) => number.toString(16)).join(':');
  if (start < 0) return hex(numbers);
  return `${hex(numbers.slice(0, start))}::${hex(numbers.slice(start + longest))}`;
}

export const printCidr = (prefix: IpPrefix) => `${printIp(prefix.network)}/${prefix.length}`;

/** What is wrong with an address in a field that takes addresses in any valid notation. */
export function isIp(text: string): string[] {
  const address = parseIp(text);
  if (!address) return ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];
  const messages = [];
  if (address.leadingZeros) messages.push('must not have leading 0s');
  if (address.mapped && !address.leadingZeros) {
    messages.push('must not be an IPv4-mapped IPv6 address');
  }
  return messages;
}

/** As `isIp`, in canonical notation only. */
export function isCanonicalIp(text: string): string[] {
  const messages = isIp(text);
  const address = parseIp(text);
  if (messages.length > 0 || !address) return messages;
  const canonical = printIp(address);
  return text === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

/** What is wrong with a prefix in a field that takes any valid notation. */
export function isCidr(text: string): string[] {
  const prefix = parseCidr(text);
  if (!prefix) return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
  if (prefix.leadingZeros) return ['must not have leading 0s in IP or prefix length'];
  if (prefix.address.mapped) return ['must not have an IPv4-mapped IPv6 address'];
  if (printIp(prefix.address) !== printIp(prefix.network)) {
    return ['must not have bits set beyond the prefix length'];
  }
  return [];
}

/** As `isCidr`, in canonical notation only. */
export function isCanonicalCidr(text: string): string[] {
  const messages = isCidr(text);
  const prefix = parseCidr(text);
  if (messages.length > 0 || !prefix) return messages;
  const canonical = printCidr(prefix);
  return text === canonical ? [] : [`must be in canonical form ("${canonical}")`];
}

/** Whether the texts are one address of each family (upstream's dual stack); `undefined` if one is none. */
export function isDualStack(addresses: readonly (IpAddress | undefined)[]): boolean | undefined {
  if (addresses.some((address) => !address)) return undefined;
  const v6 = addresses.filter((address) => address && isV6(address)).length;
  return v6 > 0 && v6 < addresses.length;
}

/** The bits of an address as a number. */
export function ipNumber({ bytes }: IpAddress): bigint {
  let number = 0n;
  for (const byte of bytes) number = (number << 8n) | BigInt(byte);
  return number;
}

/** The address so many after the first of a prefix. */
export function nthAddress({ network }: IpPrefix, n: bigint): IpAddress {
  const { length } = network.bytes;
  const number = ipNumber(network) + n;
  const bytes = network.bytes.map((_, at) =>
    Number((number >> BigInt((length - 1 - at) * 8)) & 255n),
  );
  return { ...network, bytes };
}

/** Whether an address lies in a prefix. */
export function contains(prefix: IpPrefix, address: IpAddress): boolean {
  const { bytes } = prefix.network;
  if (bytes.length !== address.bytes.length) return false;
  return bytes.every((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefix.length - index * 8));
    return byte === ((address.bytes[index] ?? 0) & (0xff << (8 - kept)) & 0xff);
  });
}

const loopback = ['127.0.0.0/8', '::1/128'];
const linkLocal = ['169.254.0.0/16', 'fe80::/10'];
const linkLocalMulticast = ['224.0.0.0/24', 'ff02::/16'];

const inAny = (address: IpAddress, prefixes: readonly string[]) =>
  prefixes.some((text) => {
    const prefix = parseCidr(text);
    return prefix !== undefined && contains(prefix, address);
  });

/** What is wrong with an address that traffic of Services is to reach. */
export function isEndpointIp(text: string): string[] {
  const address = parseIp(text);
  if (!address) return ['must be a valid IP address'];
  const messages = [];
  if (address.bytes.every((byte) => byte === 0)) {
    messages.push(`may not be unspecified (${text})`);
  }
  if (inAny(address, loopback)) {
    messages.push('may not be in the loopback range (127.0.0.0/8, ::1/128)');
  }
  if (inAny(address, linkLocal)) {
    messages.push('may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  }
  if (inAny(address, linkLocalMulticast)) {
    messages.push('may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
  return messages;
}
