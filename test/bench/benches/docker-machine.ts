import type { MachineOptions, ProfileName } from '../../../engine/api/machine.ts';
import type { DockerClient } from '../../../engine/cluster/docker-client.ts';
import { httpExchange, readAll } from '../../../engine/http/index.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import type { MachineClient } from '../../../engine/machine/worker/machine-client.ts';
import { calm, prove, timed, withMachine, type BenchHost, type Sample } from '../bench.ts';

export const WARM_UPS = 3;
export const ROUNDS = 7;

export interface DockerMachine {
  readonly machine: MachineClient;
  readonly docker: DockerClient;
  /** Standard output of a shell command that must succeed. */
  sh(command: string): Promise<string>;
}

/** Runs `work` with a machine whose `docker` works. */
export function withDocker<T>(
  host: BenchHost,
  work: (machine: DockerMachine) => Promise<T>,
  options: Partial<MachineOptions> & { readonly profile: ProfileName } = { profile: 'docker' },
): Promise<T> {
  return withMachine(host, options, async (machine) => {
    const docker = await host.startDocker(machine, options.profile);
    const agent = new AgentClient(machine.service);
    try {
      return await work({
        machine,
        docker,
        async sh(command) {
          const { exit, stdout, stderr } = await agent.call('run', {
            argv: ['sh', '-c', command],
            login: true,
          });
          prove(exit.code === 0, `${command}: exit ${exit.code} ${stdout}${stderr}`);
          return stdout;
        },
      });
    } finally {
      await docker.dispose();
    }
  });
}

/** One request to the engine's API on a connection of its own. */
export async function api(
  docker: DockerClient,
  method: string,
  url: string,
  body?: object,
): Promise<{ status: number; body: string }> {
  const content = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
  const headers = new Headers({ host: 'docker', connection: 'close' });
  if (content !== null) {
    headers.set('content-type', 'application/json');
    headers.set('content-length', String(content.length));
  }
  const response = await httpExchange(await docker.service.connect(), {
    method,
    url: `http://docker${url}`,
    headers,
    body: content === null ? null : new Response(content).body,
  });
  return {
    status: response.status,
    body: new TextDecoder().decode(await readAll(response.body)),
  };
}

interface Effort {
  readonly warmUps?: number;
  readonly measured?: number;
  /** what each round needs and is not timed */
  readonly before?: (round: number) => Promise<unknown>;
}

/** Warms a command up, then times it. */
export async function rounds(
  { machine }: Pick<DockerMachine, 'machine'>,
  work: (round: number) => Promise<unknown>,
  { warmUps = WARM_UPS, measured = ROUNDS, before }: Effort = {},
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  await calm(machine);
  for (let round = 0; round < warmUps + measured; round++) {
    await before?.(round);
    const sample = await timed(machine, () => work(round));
    if (round >= warmUps) samples.push(sample);
  }
  return samples;
}
