import { messageOf } from '../../base/message-of.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { RuntimeError } from '../runtime-error.ts';
import { CriError, type CriErrorCode } from './types.ts';

const CODES: Partial<Record<RuntimeError['code'], CriErrorCode>> = {
  NOT_FOUND: 'NOT_FOUND',
  CONFLICT: 'FAILED_PRECONDITION',
  INVALID: 'INVALID_ARGUMENT',
};

/** Any failure as the CRI reports it. @param prefix what was tried, in containerd's words, with its colon and space */
export function criFailure(error: unknown, prefix = ''): CriError {
  if (error instanceof CriError && prefix === '') return error;
  return new CriError(codeOf(error), prefix + messageOf(error), { cause: error });
}

function codeOf(error: unknown): CriErrorCode {
  if (error instanceof CriError) return error.code;
  if (error instanceof RuntimeError) return CODES[error.code] ?? 'UNKNOWN';
  const isCutOff = error instanceof AgentError && /^(ECONNRESET|EPIPE)$/.test(error.code);
  return isCutOff ? 'UNAVAILABLE' : 'UNKNOWN';
}

/** Runs `work`; what it throws is a `CriError`. */
export async function asCri<T>(work: () => Promise<T>, prefix = ''): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw criFailure(error, prefix);
  }
}
