import type { AgentCalls } from '../api/agent.ts';
import type { ByteStream } from '../api/byte-stream.ts';

/** What the engine asks of the machine beside the runtime: few things, each a call to its agent. */
export interface Guest {
  call<Op extends keyof AgentCalls>(
    op: Op,
    request: AgentCalls[Op]['request'],
  ): Promise<AgentCalls[Op]['reply']>;
  /** Accepts connections on a socket inside the machine until the returned function is called. */
  listenUnix(
    path: string,
    mode: number,
    onConnection: (stream: ByteStream) => void,
  ): Promise<() => Promise<void>>;
}
