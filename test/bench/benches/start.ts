import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { prove, type Bench, type BenchHost, type Sample, withMachine } from '../bench.ts';

const STARTS = 5;

/** From nothing to a machine in which a program has run. */
async function start(host: BenchHost, kind: 'cold' | 'restore'): Promise<Sample> {
  const began = performance.now();
  return withMachine(host, { start: { kind } }, async ({ service }) => {
    const { stdout } = await new AgentClient(service).call('run', { argv: ['hostname'] });
    const value = performance.now() - began;
    prove(stdout === 'bench\n', `hostname printed ${JSON.stringify(stdout)}`);
    return { value, instructions: (await service.metrics()).instructions };
  });
}

async function repeat(host: BenchHost, kind: 'cold' | 'restore'): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < STARTS; round++) samples.push(await start(host, kind));
  return samples;
}

/** BIOS, kernel and init, to the first program's output. */
export const coldBoot: Bench = {
  name: 'cold-boot',
  unit: 'ms',
  run: (host) => repeat(host, 'cold'),
};

/** A new worker restores the prepared state, to the first program's output. */
export const restore: Bench = {
  name: 'restore',
  unit: 'ms',
  run: (host) => repeat(host, 'restore'),
};

async function visits(host: BenchHost, kind: 'first' | 'again'): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < STARTS; round++) samples.push({ value: await host.visit(kind) });
  return samples;
}

/** A click on a link to the app, to the prompt of a root shell with Docker ready. */
export const clickToShell: Bench = {
  name: 'click-to-shell',
  unit: 'ms',
  run: (host) => visits(host, 'again'),
};

/** The same with nothing cached. */
export const clickToShellFirst: Bench = {
  name: 'click-to-shell-first',
  unit: 'ms',
  run: (host) => visits(host, 'first'),
};
