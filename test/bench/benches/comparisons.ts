/** What our engine and the original one are both measured by. */
import type { MachineOptions, ProfileName } from '../../../engine/api/machine.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { DOCKERD_ANSWERS } from '../../../engine/machine/dockerd-answers.ts';
import { prove, timed, withMachine, type Bench, type BenchHost, type Sample } from '../bench.ts';
import { api, rounds, ROUNDS, WARM_UPS, withDocker } from './docker-machine.ts';

/** The same for our engine and, under its name with `-reference`, for the original one. */
export interface Comparison {
  readonly ours: Bench;
  readonly reference: Bench;
}

type Measure = (host: BenchHost, profile: ProfileName) => Promise<readonly Sample[]>;

function comparison(name: string, measure: Measure, original: Measure = measure): Comparison {
  return {
    ours: { name, unit: 'ms', run: (host) => measure(host, 'docker') },
    reference: {
      name: `${name}-reference`,
      unit: 'ms',
      run: (host) => original(host, 'docker-reference'),
    },
  };
}

/** The original takes seconds for each. */
const effort = (profile: ProfileName): { warmUps: number; measured: number } =>
  profile === 'docker' ? { warmUps: WARM_UPS, measured: ROUNDS } : { warmUps: 1, measured: 3 };

const BOOTS = 3;

const starts =
  (kind: 'cold' | 'restore'): Measure =>
  async (host, profile) => {
    const samples: Sample[] = [];
    for (let boot = 0; boot < BOOTS; boot++) {
      const began = performance.now();
      await withDocker(
        host,
        async ({ machine, docker, sh }) => {
          // Docker's client would be most of what is counted, and is the same on both sides.
          const [{ status, body }] = await Promise.all([
            api(docker, 'GET', '/containers/json'),
            sh('true'),
          ]);
          const { instructions } = await machine.service.metrics();
          samples.push({ value: performance.now() - began, instructions });
          prove(status === 200 && body.trim() === '[]', body);
        },
        { profile, start: { kind } },
      );
    }
    return samples;
  };

/** From the BIOS to a shell and an engine that tells its containers. */
const dockerColdStart = comparison('docker-cold-start', starts('cold'));

/** The same as the page starts each: ours goes on from a prepared state, the original boots. */
const dockerStart = comparison('docker-start', starts('restore'), starts('cold'));

/** Ten megabytes in four layers from the registry, none of them here; typed in the shell, warm. */
const imagePull = comparison('image-pull', (host, profile) =>
  withDocker(
    host,
    (machine) =>
      rounds(
        machine,
        async () => {
          const output = await machine.sh('docker pull nginx');
          prove(output.split(': Pull complete').length === 5, output);
        },
        { ...effort(profile), before: () => machine.sh('docker rmi -f nginx') },
      ),
    { profile },
  ),
);

/** Typed in the shell, warm. */
const dockerRun = comparison('docker-run', (host, profile) =>
  withDocker(
    host,
    async (machine) => {
      await machine.sh('docker pull -q busybox');
      return rounds(machine, () => machine.sh('docker run --rm busybox true'), effort(profile));
    },
    { profile },
  ),
);

/** A build whose one RUN is not in the cache, typed in the shell, warm. */
const buildRunStep = comparison('build-run-step', (host, profile) =>
  withDocker(
    host,
    async (machine) => {
      await machine.sh('docker pull -q busybox; mkdir -p /root/step');
      return rounds(
        machine,
        async () => {
          const output = await machine.sh('docker build -t step /root/step');
          prove(output.includes('Successfully tagged step:latest'), output);
        },
        {
          ...effort(profile),
          before: (round) =>
            machine.sh(
              `printf 'FROM busybox\\nRUN echo ${round} > /made\\n' > /root/step/Dockerfile`,
            ),
        },
      );
    },
    { profile },
  ),
);

const RUNNING = 5;
const RECOVERIES = 3;
const START_RUNNING = `docker pull -q busybox; for i in $(seq ${RUNNING}); do docker run -d busybox sleep 10000; done`;

/** From an engine that died beside running containers to one that knows them. */
const engineRecover = comparison(
  'engine-recover',
  (host, profile) =>
    withMachine(host, { profile }, async (machine) => {
      const agent = new AgentClient(machine.service);
      let docker = await host.startDocker(machine, profile, 'engine-recover');
      const { exit, stderr } = await agent.call('run', { argv: ['sh', '-c', START_RUNNING] });
      prove(exit.code === 0, stderr);
      const samples: Sample[] = [];
      for (let recovery = 0; recovery < RECOVERIES; recovery++) {
        await docker.dispose();
        let known = '';
        const sample = await timed(machine, async () => {
          docker = await host.startDocker(machine, profile, 'engine-recover');
          known = (await api(docker, 'GET', '/containers/json')).body;
        });
        prove((JSON.parse(known) as unknown[]).length === RUNNING, known);
        samples.push(sample);
      }
      await docker.dispose();
      return samples;
    }),
  // As Debian sets it up, its containers end with it: it is measured without any.
  (host, profile) =>
    withDocker(
      host,
      async ({ machine, sh }) => {
        const agent = new AgentClient(machine.service);
        const samples: Sample[] = [];
        for (let recovery = 0; recovery < RECOVERIES; recovery++)
          samples.push(
            await timed(machine, async () => {
              await sh('kill -9 $(cat /run/docker.pid)');
              const { exit, stderr } = await agent.call('run', { argv: DOCKERD_ANSWERS });
              prove(exit.code === 0, stderr);
            }),
          );
        return samples;
      },
      { profile },
    ),
);

const FIFTY = 50;
/** Fifty of the original's shims do not fit into its machine. */
const ROOM: Partial<MachineOptions> = { memory: 1024, start: { kind: 'cold' } };

/** Create and start by the API, for each of fifty containers that all stay. */
const fiftyContainers = comparison('fifty-containers', (host, profile) =>
  withDocker(
    host,
    async ({ machine, docker, sh }) => {
      await sh('docker pull -q busybox');
      const samples: Sample[] = [];
      for (let count = 0; count < FIFTY; count++)
        samples.push(
          await timed(machine, async () => {
            const created = await api(docker, 'POST', '/containers/create', {
              Image: 'busybox',
              Cmd: ['sleep', '10000'],
            });
            prove(created.status === 201, created.body);
            const { Id } = JSON.parse(created.body) as { Id: string };
            const { status, body } = await api(docker, 'POST', `/containers/${Id}/start`);
            prove(status === 204, body);
          }),
        );
      const { body } = await api(docker, 'GET', '/containers/json');
      prove((JSON.parse(body) as unknown[]).length === FIFTY, body);
      return samples;
    },
    { profile, ...(profile === 'docker' ? {} : ROOM) },
  ),
);

export const comparisons: readonly Comparison[] = [
  dockerStart,
  dockerColdStart,
  imagePull,
  dockerRun,
  buildRunStep,
  engineRecover,
  fiftyContainers,
];
