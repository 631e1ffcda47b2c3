import { define } from './define.ts';
import type { Environment } from '@marcbachmann/cel-js';
import { Quantity, QuantityError } from '../../quantity.ts';
import { failed } from '../cel-error.ts';
import type { Comparable } from '../values.ts';

class CelQuantity implements Comparable {
  constructor(readonly quantity: Quantity) {}

  equals(other: unknown): boolean {
    return other instanceof CelQuantity && this.compare(other) === 0;
  }

  compare(other: CelQuantity): number {
    return this.quantity.compare(other.quantity);
  }

  get isInteger(): boolean {
    const { nanos } = this.quantity;
    return nanos % unit === 0n && BigInt.asIntN(64, nanos / unit) === nanos / unit;
  }
}

const unit = 1_000_000_000n;

function parse(text: string): CelQuantity | undefined {
  try {
    return new CelQuantity(Quantity.parse(text));
  } catch (error) {
    if (error instanceof QuantityError) return undefined;
    throw error;
  }
}

/** https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library */
export function addQuantities(environment: Environment): void {
  const type = 'kubernetes.Quantity';
  environment.registerType(type, { ctor: CelQuantity, fields: {} });
  define(environment, `quantity(string): ${type}`, (text: string) => {
    try {
      return new CelQuantity(Quantity.parse(text));
    } catch (error) {
      if (error instanceof QuantityError) throw failed(error.message);
      throw error;
    }
  });
  define(environment, 'isQuantity(string): bool', (text: string) => parse(text) !== undefined);
  define(environment, `sign(${type}): int`, ({ quantity }: CelQuantity) => BigInt(quantity.sign()));
  define(environment, `${type}.isInteger(): bool`, (value: CelQuantity) => value.isInteger);
  define(environment, `${type}.asInteger(): int`, (value: CelQuantity) => {
    if (!value.isInteger) throw failed('cannot convert value to integer');
    return value.quantity.nanos / unit;
  });
  define(environment, `${type}.asApproximateFloat(): double`, ({ quantity }: CelQuantity) =>
    quantity.toNumber(),
  );
  define(environment, `${type}.compareTo(${type}): int`, (a: CelQuantity, b: CelQuantity) =>
    BigInt(a.compare(b)),
  );
  define(
    environment,
    `${type}.isGreaterThan(${type}): bool`,
    (a: CelQuantity, b: CelQuantity) => a.compare(b) > 0,
  );
  define(
    environment,
    `${type}.isLessThan(${type}): bool`,
    (a: CelQuantity, b: CelQuantity) => a.compare(b) < 0,
  );
  const combine = {
    add: (a: Quantity, b: Quantity) => a.add(b),
    sub: (a: Quantity, b: Quantity) => a.subtract(b),
  };
  for (const [name, run] of Object.entries(combine)) {
    define(
      environment,
      `${type}.${name}(${type}): ${type}`,
      (a: CelQuantity, b: CelQuantity) => new CelQuantity(run(a.quantity, b.quantity)),
    );
    define(
      environment,
      `${type}.${name}(int): ${type}`,
      (a: CelQuantity, b: bigint) => new CelQuantity(run(a.quantity, Quantity.of(b))),
    );
  }
  environment.registerOperator(`${type} == ${type}`, (a: CelQuantity, b: CelQuantity) =>
    a.equals(b),
  );
}
