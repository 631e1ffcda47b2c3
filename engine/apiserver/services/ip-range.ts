/** Addresses of an IPv4 network as numbers. */
export interface IpRange {
  /** as written: 10.96.0.0/12 */
  readonly first: number;
  readonly last: number;
  /** addresses below this one are kept for those who ask for a certain one */
  readonly dynamic: number;
}

export function parseIp(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const bytes = parts.map(Number);
  if (bytes.some((byte) => byte > 255)) return undefined;
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

export function formatIp(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

/**
 * Without the network's own address and the broadcast address. The lower part, at least 16 and at
 * most 256 addresses, is not given out by chance (KEP 3070).
 */
export function parseCidr(cidr: string): IpRange {
  const [network = '', bits = ''] = cidr.split('/');
  const address = parseIp(network);
  const length = Number(bits);
  if (address === undefined || !Number.isInteger(length) || length < 8 || length > 30)
    throw new Error(`This is not a range of IPv4 addresses: ${cidr}`);
  const size = 2 ** (32 - length);
  const start = Math.floor(address / size) * size;
  const kept = Math.min(Math.max(16, Math.floor(size / 16)), 256);
  const first = start + 1;
  return { first, last: start + size - 2, dynamic: kept >= size - 2 ? first : first + kept };
}
