import { amountOf } from '../../objects/amount-of.ts';

/** Amounts of resources as numbers: thousandths of a core, bytes, pieces. */
export class Amounts {
  milliCpu = 0;
  memory = 0;
  ephemeralStorage = 0;
  /** extended resources, huge pages, attachable volumes */
  readonly scalar = new Map<string, number>();

  get(resource: string): number {
    switch (resource) {
      case 'cpu':
        return this.milliCpu;
      case 'memory':
        return this.memory;
      case 'ephemeral-storage':
        return this.ephemeralStorage;
      default:
        return this.scalar.get(resource) ?? 0;
    }
  }

  set(resource: string, amount: number): void {
    switch (resource) {
      case 'cpu':
        this.milliCpu = amount;
        break;
      case 'memory':
        this.memory = amount;
        break;
      case 'ephemeral-storage':
        this.ephemeralStorage = amount;
        break;
      case 'pods':
        break;
      default:
        this.scalar.set(resource, amount);
    }
  }

  /** @param sign 1 or -1 */
  add(other: Amounts, sign = 1): void {
    this.milliCpu += sign * other.milliCpu;
    this.memory += sign * other.memory;
    this.ephemeralStorage += sign * other.ephemeralStorage;
    for (const [resource, amount] of other.scalar)
      this.scalar.set(resource, (this.scalar.get(resource) ?? 0) + sign * amount);
  }

  clone(): Amounts {
    const copy = new Amounts();
    copy.add(this);
    return copy;
  }
}

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts = new Amounts();
  if (list !== undefined)
    for (const resource in list) amounts.set(resource, amountOf(resource, list[resource] ?? '0'));
  return amounts;
}
