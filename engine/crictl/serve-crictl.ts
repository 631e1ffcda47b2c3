import type { AgentClient } from '../machine/agent/agent-client.ts';
import { runCrictl, type CrictlParts } from './crictl.ts';
import { CrictlSession } from './session.ts';
import { SOCKET } from './socket.ts';

export interface ServeCrictlOptions extends Omit<CrictlParts, 'agent'> {
  readonly agent: Pick<AgentClient, 'call' | 'openFile' | 'listen'>;
  readonly onError: (error: unknown) => void;
}

/** Of the socket: root's alone. */
const SOCKET_MODE = 0o600;

/** Answers crictl in the machine until the returned function is called. */
export function serveCrictl(options: ServeCrictlOptions): Promise<() => Promise<void>> {
  const { agent, onError } = options;
  return agent.listen(
    { network: 'unix', address: SOCKET, mode: SOCKET_MODE },
    (_remote, stream) => {
      void (async () => {
        const session = await CrictlSession.open(stream);
        if (session !== undefined) await runCrictl(options, session);
      })().catch(onError);
    },
  );
}
