import { registerErrorClass } from '../../rpc/error-codec.ts';
import type { AgentErrorBody } from '../../api/agent.ts';

/**
 * An operation of the agent failed, or the way to the agent did. `code` is what the agent
 * said (an errno name such as `ENOENT`, `EPROTO`, `ETASK`), or `ECONNRESET` when the channel's
 * session ended first, or `EPIPE` when one stream broke.
 */
export class AgentError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AgentError';
    this.code = code;
  }

  static from(body: AgentErrorBody): AgentError {
    return new AgentError(body.code, body.message);
  }
}

registerErrorClass('AgentError', AgentError);
