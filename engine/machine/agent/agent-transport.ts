import type { ByteStream } from '../../api/byte-stream.ts';
import type { OpenedStream } from '../../api/machine.ts';

/** The way to an agent: an `AgentSession` here, or a machine's worker (`MachineService`) elsewhere. */
export interface AgentTransport {
  agentCall(op: string, request: object): Promise<unknown>;
  agentOpen(op: string, request: object): Promise<OpenedStream>;
  agentListen(
    request: object,
    onConnection: (remote: string, stream: ByteStream) => void,
  ): Promise<() => Promise<void>>;
}
