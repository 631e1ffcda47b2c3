import type { Clock } from '../base/clock.ts';
import type { AgentClient } from '../machine/agent/agent-client.ts';
import type { Cri } from '../runtime/cri/types.ts';
import type { Flag, Options } from './flags.ts';
import type { CrictlSession } from './session.ts';

/** What commands work with. */
export interface Context {
  readonly cri: Cri;
  readonly agent: Pick<AgentClient, 'call' | 'openFile'>;
  readonly clock: Clock;
  readonly session: CrictlSession;
  readonly options: Options;
  log(level: 'error' | 'warning' | 'info', message: string): Promise<void>;
}

export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly usage: string;
  readonly argsUsage?: string;
  readonly description?: string;
  readonly flags: readonly Flag[];
  run(context: Context): Promise<void>;
}

/** Flags that several commands have, in upstream's words. */
export const outputFlag = (usage: string, value?: string): Flag => ({
  name: 'output',
  short: 'o',
  kind: 'text',
  usage: `Output format, One of: ${usage}`,
  ...(value === undefined ? {} : { value }),
});
