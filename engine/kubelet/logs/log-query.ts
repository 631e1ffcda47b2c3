import { DecodeError } from '../../objects/decode/decode-error.ts';
import { parseRfc3339 } from '../../objects/decode/go-values.ts';

/** What is wanted of a container's log: core/v1 `PodLogOptions`. */
export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly sinceSeconds?: number;
  /** UNIX milliseconds */
  readonly sinceTime?: number;
  readonly stream: 'All' | 'Stdout' | 'Stderr';
}

/** The text is the body of the answer, in upstream's words. */
export class LogQueryError extends Error {
  override readonly name = 'LogQueryError';
  readonly code: 'UNREADABLE' | 'INVALID';

  constructor(code: LogQueryError['code']) {
    super(
      code === 'INVALID'
        ? '{"message": "Invalid request."}'
        : '{"message": "Unable to decode query."}',
    );
    this.code = code;
  }
}

/** Parameters of `/containerLogs`. Throws `LogQueryError`. */
export function parseLogQuery(parameters: URLSearchParams): LogQuery {
  const tail = parameters.get('tail') ?? '';
  const whole = integer(tail === '' ? parameters.get('tailLines') : tail === 'all' ? null : tail);
  const limitBytes = integer(parameters.get('limitBytes'));
  const sinceSeconds = integer(parameters.get('sinceSeconds'));
  const sinceTime = time(parameters.get('sinceTime') ?? '');
  const stream = parameters.get('stream') ?? 'All';
  const isInvalid =
    (whole ?? 0) < 0 ||
    (limitBytes ?? 1) < 1 ||
    (sinceSeconds ?? 1) < 1 ||
    (sinceSeconds !== undefined && sinceTime !== undefined) ||
    !isStream(stream) ||
    (stream !== 'All' && whole !== undefined);
  if (isInvalid) throw new LogQueryError('INVALID');
  return {
    follow: flag(parameters.get('follow')),
    previous: flag(parameters.get('previous')),
    timestamps: flag(parameters.get('timestamps')),
    ...(whole === undefined ? {} : { tailLines: whole }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(sinceTime === undefined ? {} : { sinceTime }),
    stream,
  };
}

const isStream = (text: string): text is LogQuery['stream'] =>
  ['All', 'Stdout', 'Stderr'].includes(text);

function integer(text: string | null): number | undefined {
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw new LogQueryError('UNREADABLE');
  return Number(text);
}

/** As apimachinery's conversion has it: anything but `false` and `0` is true. */
const flag = (text: string | null): boolean =>
  text !== null && text.toLowerCase() !== 'false' && text !== '0';

function time(text: string): number | undefined {
  if (text === '') return undefined;
  try {
    return parseRfc3339(text);
  } catch (error) {
    if (error instanceof DecodeError) throw new LogQueryError('UNREADABLE');
    throw error;
  }
}
