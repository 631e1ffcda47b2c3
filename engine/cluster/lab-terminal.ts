import type { ExitStatus, TerminalSize } from '../api/agent.ts';
import type { LabTerminal } from '../api/lab.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import { LabError } from './lab-error.ts';

/** Where learners work. */
export const WORK_DIRECTORY = '/root/work';

/** A login shell of root's. */
export async function openTerminal(agent: AgentClient, size: TerminalSize): Promise<LabTerminal> {
  const shell = await agent.exec({
    argv: ['bash', '-l'],
    cwd: WORK_DIRECTORY,
    login: true,
    tty: size,
    env: { TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' },
  });
  let settle: { resolve(exit: ExitStatus): void; reject(error: Error): void } | undefined;
  const exited = new Promise<ExitStatus>((resolve, reject) => (settle = { resolve, reject }));
  exited.catch(() => {});
  const output = shell.output.getReader();
  const gone = new LabError('NOT_RUNNING', 'The machine ended before the shell did.');
  const readable = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await output.read();
          if (done) throw gone;
          if (value.type !== 'exit') {
            controller.enqueue(value.bytes);
            return;
          }
          settle?.resolve(value.exit);
          controller.close();
        } catch (error) {
          settle?.reject(error as Error);
          throw error;
        }
      },
      cancel: () => shell.close(),
    },
    { highWaterMark: 0 },
  );
  return {
    stream: { readable, writable: shell.stdin },
    resize: (to) => shell.resize(to),
    exited,
    close: () => shell.close(),
  };
}
