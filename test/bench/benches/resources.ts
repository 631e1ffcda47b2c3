import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { idleLoad, IDLE_SECONDS, loadsAtRest } from '../at-rest.ts';
import {
  calm,
  prove,
  sleep,
  type Bench,
  type BenchHost,
  type Sample,
  withMachine,
} from '../bench.ts';

const ROUNDS = 3;
/** After a start the guest still does this and that. */
const SETTLE_SECONDS = 3;

/** Memory that one machine with a shell adds to its process. */
export const machineMemory: Bench = {
  name: 'machine-memory',
  unit: 'MB',
  async run(host) {
    const samples: Sample[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = await host.resources();
      await withMachine(host, { profile: 'docker' }, async ({ service }) => {
        const { exit } = await new AgentClient(service).call('run', {
          argv: ['bash', '-lc', 'ls -la /'],
        });
        prove(exit.code === 0, 'ls failed');
        await sleep(1);
        samples.push({ value: ((await host.resources()).memoryBytes - before.memoryBytes) / 1e6 });
      });
      await sleep(1);
    }
    return samples;
  },
};

/** Share of one core that a machine adds while nobody uses it. */
export const idleCpu: Bench = {
  name: 'idle-cpu',
  unit: '%',
  async run(host) {
    await sleep(SETTLE_SECONDS);
    const own = await idleLoad(host);
    return withMachine(host, { profile: 'docker' }, async (machine) => {
      const { service } = machine;
      const agent = new AgentClient(service);
      await calm(machine);
      await loadsAtRest(host);
      const samples: Sample[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const before = await service.metrics();
        const load = await idleLoad(host);
        const { instructions } = await service.metrics();
        samples.push({
          value: load - own,
          instructions: (instructions - before.instructions) / IDLE_SECONDS,
        });
      }
      const { exit } = await agent.call('run', { argv: ['true'] });
      prove(exit.code === 0, 'the machine is gone');
      return samples;
    });
  },
};

async function bytes(host: BenchHost, goal: 'shell' | 'docker'): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    samples.push({ value: (await host.bytesTo(goal)) / 1e6 });
  }
  return samples;
}

/** First visit to the prompt of a root shell. */
export const bytesToShell: Bench = {
  name: 'bytes-to-shell',
  unit: 'MB',
  run: (host) => bytes(host, 'shell'),
};

/** First visit to the answer of the first `docker ps`. */
export const bytesToDocker: Bench = {
  name: 'bytes-to-docker',
  unit: 'MB',
  run: (host) => bytes(host, 'docker'),
};
