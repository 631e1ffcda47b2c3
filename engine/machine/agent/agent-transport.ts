import type { OnConnection, OpenedStream } from '../../api/machine.ts';

/** The way to an agent: an `AgentSession` here, or a machine's worker (`MachineService`) elsewhere. */
export interface AgentTransport {
  agentCall(op: string, request: object): Promise<unknown>;
  agentOpen(op: string, request: object): Promise<OpenedStream>;
  agentListen(request: object, onConnection: OnConnection): Promise<() => Promise<void>>;
}
