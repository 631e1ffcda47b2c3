import { ipNumber, parseCidr, printIp } from '../../objects/ip.ts';

/** From the first to the last. */
export type Range = readonly [number, number];

const V4_BITS = 32;

/** The addresses of IPv4 blocks without their exceptions, as `nft` writes intervals. */
export function addressRanges(
  blocks: readonly { readonly cidr: string; readonly except?: readonly string[] }[],
): string[] {
  const ranges = blocks.flatMap(({ cidr, except = [] }) =>
    except
      .flatMap(rangeOf)
      .reduce<readonly Range[]>((left, exception) => without(left, exception), rangeOf(cidr)),
  );
  return printRanges(ranges, printAddress);
}

export function portRanges(ranges: readonly Range[]): string[] {
  return printRanges(ranges, String);
}

/** Sorted, none touching another: `nft` refuses those that overlap. */
function printRanges(ranges: readonly Range[], print: (value: number) => string): string[] {
  return merged(ranges).map(([first, last]) =>
    first === last ? print(first) : `${print(first)}-${print(last)}`,
  );
}

function rangeOf(cidr: string): Range[] {
  const prefix = parseCidr(cidr);
  if (prefix?.network.bytes.length !== 4) return [];
  const first = Number(ipNumber(prefix.network));
  return [[first, first + 2 ** (V4_BITS - prefix.length) - 1]];
}

function without(ranges: readonly Range[], [from, to]: Range): Range[] {
  return ranges.flatMap(([first, last]) => {
    const parts: Range[] = [
      [first, Math.min(last, from - 1)],
      [Math.max(first, to + 1), last],
    ];
    return parts.filter(([start, end]) => start <= end);
  });
}

function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const [first, last] of ranges.toSorted(([one], [other]) => one - other)) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1)
      result[result.length - 1] = [before[0], Math.max(before[1], last)];
    else result.push([first, last]);
  }
  return result;
}

function printAddress(address: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256);
  return printIp({ bytes, mapped: false, leadingZeros: false });
}
