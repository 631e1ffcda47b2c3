import type { DockerClient } from '../../../engine/cluster/docker-client.ts';
import { httpExchange, readAll } from '../../../engine/http/index.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import type { MachineClient } from '../../../engine/machine/client/machine-client.ts';
import {
  calm,
  prove,
  timed,
  withMachine,
  type Bench,
  type BenchHost,
  type Sample,
} from '../bench.ts';

const STARTS = 4;
const WARM_UPS = 3;
const ROUNDS = 7;

interface DockerMachine {
  readonly machine: MachineClient;
  readonly docker: DockerClient;
  /** Standard output of a shell command that must succeed. */
  sh(command: string): Promise<string>;
}

/** Runs `work` with a machine whose `docker` works. */
function withDocker<T>(host: BenchHost, work: (machine: DockerMachine) => Promise<T>): Promise<T> {
  return withMachine(host, { profile: 'docker' }, async (machine) => {
    const docker = await host.startDocker(machine);
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
async function api(
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

/** Warms a command up, then times it. */
async function rounds(
  { machine }: DockerMachine,
  work: (round: number) => Promise<unknown>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  await calm(machine);
  for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
    const sample = await timed(machine, () => work(round));
    if (round >= WARM_UPS) samples.push(sample);
  }
  return samples;
}

/** From nothing to a shell in a machine in which `docker` works. */
export const dockerReady: Bench = {
  name: 'docker-ready',
  unit: 'ms',
  async run(host) {
    const samples: Sample[] = [];
    for (let start = 0; start < STARTS; start++) {
      const began = performance.now();
      await withDocker(host, async ({ machine, docker, sh }) => {
        prove((await sh('hostname')) === 'bench\n', 'the shell does not work');
        samples.push({
          value: performance.now() - began,
          instructions: (await machine.service.metrics()).instructions,
        });
        prove((await api(docker, 'GET', '/_ping')).body === 'OK', 'the engine does not answer');
      });
    }
    return samples;
  },
};

/** Create and start by the engine's API, image present, until the start is answered. */
export const containerStart: Bench = {
  name: 'container-start',
  unit: 'ms',
  run: (host) =>
    withDocker(host, async (machine) => {
      const { docker, sh } = machine;
      await sh('docker pull -q busybox');
      const started: string[] = [];
      const samples = await rounds(machine, async () => {
        const created = await api(docker, 'POST', '/containers/create', {
          Image: 'busybox',
          Cmd: ['true'],
        });
        prove(created.status === 201, created.body);
        const { Id } = JSON.parse(created.body) as { Id: string };
        const { status, body } = await api(docker, 'POST', `/containers/${Id}/start`);
        prove(status === 204, body);
        started.push(Id);
      });
      for (const id of started) {
        const ended = await api(docker, 'POST', `/containers/${id}/wait`);
        prove((JSON.parse(ended.body) as { StatusCode: number }).StatusCode === 0, ended.body);
      }
      return samples;
    }),
};

const RUN = 'docker run --rm busybox true';

/** Typed in the shell, warm. */
export const dockerRun: Bench = {
  name: 'docker-run',
  unit: 'ms',
  run: (host) =>
    withDocker(host, async (machine) => {
      await machine.sh('docker pull -q busybox');
      return rounds(machine, () => machine.sh(RUN));
    }),
};

/** Typed in the shell as the first command after a restore, with the pull of the image. */
export const dockerRunFirst: Bench = {
  name: 'docker-run-first',
  unit: 'ms',
  async run(host) {
    const samples: Sample[] = [];
    for (let start = 0; start < STARTS; start++) {
      await withDocker(host, async ({ machine, sh }) => {
        samples.push(await timed(machine, () => sh(RUN)));
      });
    }
    return samples;
  },
};

/** A program in a container that runs, typed in the shell, warm. */
export const dockerExec: Bench = {
  name: 'docker-exec',
  unit: 'ms',
  run: (host) =>
    withDocker(host, async (machine) => {
      await machine.sh('docker run -d --name box busybox sleep 10000');
      return rounds(machine, async (round) => {
        const answer = await machine.sh(`docker exec box echo ${round}`);
        prove(answer === `${round}\n`, answer);
      });
    }),
};

/** The lesson's build, FROM and COPY, with a file that has changed; warm. */
export const dockerBuild: Bench = {
  name: 'docker-build',
  unit: 'ms',
  run: (host) =>
    withDocker(host, async (machine) => {
      await machine.sh('docker pull -q nginx; mkdir -p /root/site');
      await machine.sh(
        "printf 'FROM nginx\\nCOPY index.html /usr/share/nginx/html/index.html\\n' > /root/site/Dockerfile",
      );
      const samples: Sample[] = [];
      await calm(machine.machine);
      for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
        await machine.sh(`echo '<h1>${round}</h1>' > /root/site/index.html`);
        let output = '';
        const sample = await timed(machine.machine, async () => {
          output = await machine.sh('docker build -t site /root/site');
        });
        prove(output.includes('Successfully tagged site:latest'), output);
        if (round >= WARM_UPS) samples.push(sample);
      }
      const page = await machine.sh('docker run --rm site cat /usr/share/nginx/html/index.html');
      prove(page.includes(`<h1>${WARM_UPS + ROUNDS - 1}</h1>`), page);
      return samples;
    }),
};
