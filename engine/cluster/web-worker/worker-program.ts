import type { LoggedComponent } from '../../api/component.ts';
import { messageOf } from '../../base/message-of.ts';
import type { RpcClient } from '../../rpc/rpc-client.ts';

/** What a container of RuntimeClass `web-worker` executes. */
export interface Execution {
  /** the command line, the program's name first */
  readonly argv: readonly string[];
  /** takes what the program prints */
  readonly print: (lines: readonly string[]) => void;
}

/** A program that runs: a process, as far as a kubelet can see. */
export interface RunningProgram {
  /** its exit code; never rejects */
  readonly exited: Promise<number>;
  /** Asks it to end, as SIGTERM does. Returns at once. */
  terminate(): void;
  /** Ends it, as SIGKILL does. */
  kill(): void;
}

/** Begins at once; what goes wrong shows in its log and its exit code, as with any process. */
export type WorkerProgram = (execution: Execution) => RunningProgram;

const FAILED = 1;
const KILLED = 137;
const ENDED = 0;

export interface WorkerProcess<Contract> {
  readonly worker: Promise<RpcClient<Contract & LoggedComponent>>;
  readonly print: Execution['print'];
  /** what the worker is told first */
  readonly begin: (service: Contract) => Promise<void>;
  /** what it is told last; it has ended all the same when that fails */
  readonly end: (service: Contract) => Promise<void>;
  /** told once when it has ended, however it did */
  readonly onEnd?: () => void;
}

/** A worker as a process. */
export function runWorker<Contract extends object>({
  worker,
  print,
  begin,
  end,
  onEnd = () => {},
}: WorkerProcess<Contract>): RunningProgram {
  let service: Contract | undefined;
  let exit: (code: number) => void = () => {};
  const exited = new Promise<number>((resolve) => (exit = resolve));
  let over = false;
  const ended = (code: number): void => {
    if (over) return;
    over = true;
    exit(code);
    onEnd();
    worker.then(
      (client) => client.dispose(),
      () => {},
    );
  };
  void (async () => {
    try {
      const client = await worker;
      client.onDeath((error) => {
        if (!over) print([`fatal error: ${error.message}`]);
        ended(KILLED);
      });
      if (over) return;
      service = client.service;
      await client.service.watchLog(print);
      await begin(client.service);
    } catch (error) {
      if (over) return;
      print([`Error: ${messageOf(error)}`]);
      ended(FAILED);
    }
  })();
  return {
    exited,
    terminate() {
      const running = service;
      if (running === undefined) ended(ENDED);
      else
        end(running).then(
          () => ended(ENDED),
          () => ended(ENDED),
        );
    },
    kill: () => ended(KILLED),
  };
}
