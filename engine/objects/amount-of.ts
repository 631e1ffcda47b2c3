import { Quantity } from './quantity.ts';

/** Texts of quantities repeat endlessly; so many different ones are remembered. */
const MOST_REMEMBERED = 10_000;
const values = new Map<string, number>();
const milliValues = new Map<string, number>();

function remembered(
  memory: Map<string, number>,
  text: string,
  read: (quantity: Quantity) => number,
): number {
  let value = memory.get(text);
  if (value === undefined) {
    if (memory.size >= MOST_REMEMBERED) memory.clear();
    value = read(Quantity.parse(text));
    memory.set(text, value);
  }
  return value;
}

/** CPU in thousandths of a core, everything else in whole units (bytes, pieces). */
export function amountOf(resource: string, text: string): number {
  return resource === 'cpu'
    ? remembered(milliValues, text, (quantity) => quantity.milliValue())
    : remembered(values, text, (quantity) => quantity.value());
}
