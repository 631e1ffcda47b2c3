import { EvaluationError } from '@marcbachmann/cel-js';
import { CelError, failed } from './cel-error.ts';

/** A failure of a running expression as upstream words it. */
export function toCelError(error: unknown): CelError {
  if (error instanceof CelError) return error;
  if (!(error instanceof EvaluationError)) throw error;
  return failed(describe(error));
}

function describe({ code, summary }: EvaluationError): string {
  switch (code) {
    case 'no_such_key':
      return summary.replace(/^No/, 'no');
    case 'index_out_of_bounds':
      return `index out of bounds: ${/index (-?\d+)/.exec(summary)?.[1] ?? ''}`;
    case 'modulo_by_zero':
      return 'modulus by zero';
    case 'numeric_overflow':
      return /unsigned/i.test(summary) ? 'unsigned integer overflow' : 'integer overflow';
    case 'bool_conversion_error':
    case 'int_conversion_error':
    case 'double_conversion_error':
      return `type conversion error from 'string' to '${code.slice(0, code.indexOf('_'))}'`;
    case 'uint_conversion_error':
      return 'unsigned integer overflow';
    case 'invalid_duration':
      return "type conversion error from 'string' to 'google.protobuf.Duration'";
    case 'invalid_timestamp':
      return "type conversion error from 'string' to 'google.protobuf.Timestamp'";
    case 'optional_value_missing':
      return 'optional.none() dereference';
    case 'no_such_overload':
    case 'no_matching_overload':
    case 'invalid_logical_operand':
    case 'invalid_condition_type':
      return 'no such overload';
    default:
      return summary;
  }
}
