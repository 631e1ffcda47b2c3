import type { Environment } from '@marcbachmann/cel-js';
import type { Duration } from '@marcbachmann/cel-js/evaluator';
import { define } from './define.ts';
import { printTime } from './format-text.ts';

/** Conversions of times the library leaves out. */
export function addTimes(environment: Environment): void {
  define(environment, 'string(google.protobuf.Timestamp): string', printTime);
  define(environment, 'string(google.protobuf.Duration): string', (value: Duration) =>
    value.toString(),
  );
  define(environment, 'int(google.protobuf.Timestamp): int', (value: Date) =>
    BigInt(Math.floor(value.valueOf() / 1000)),
  );
}
