import type { ProfileName } from '../api/machine.ts';
import { messageOf } from '../base/message-of.ts';
import { prepareCluster } from '../cluster/saved/prepare-cluster.node.ts';
import { repositoryDirectories } from '../machine/worker/guest-directories.node.ts';
import { prepareStates, type StateRequest } from '../machine/states/prepare-states.node.ts';

const BAR_WIDTH = 30;
const PROFILES: readonly ProfileName[] = ['docker', 'node', 'bare'];

/** Draws on standard error: a bar that moves on a terminal, a line for each step elsewhere. */
function progressBar(): (name: string, text: string, done: number) => void {
  let last = '';
  return (name, text, done) => {
    if (process.stderr.isTTY) {
      const filled = Math.round(done * BAR_WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
      const line = `Preparing ${name} ${bar} ${Math.round(done * 100)} % ${text}`.slice(
        0,
        process.stderr.columns - 1,
      );
      process.stderr.write(`\r\u001B[K${line}${done === 1 ? '\n' : ''}`);
    } else {
      const step = `Preparing ${name}: ${done < 0.5 ? 'booting' : text}`;
      if (step !== last) process.stderr.write(`${step}\n`);
      last = step;
    }
  };
}

/** Makes the given states unless they are there. */
export async function ensureStates(requests: readonly StateRequest[]): Promise<void> {
  const draw = progressBar();
  await prepareStates(requests, repositoryDirectories, ({ name, text, done }) =>
    draw(name, text, done),
  );
}

/** The states of the profiles that everybody uses, and a cluster. */
export async function prepare(): Promise<number> {
  await ensureStates(PROFILES.map((profile) => ({ profile })));
  const draw = progressBar();
  try {
    await prepareCluster(repositoryDirectories, (text, done) => draw('cluster', text, done));
  } catch (error) {
    // Clusters start without it, only later.
    process.stderr.write(`${messageOf(error)} Clusters begin with nothing instead.\n`);
  }
  return 0;
}
