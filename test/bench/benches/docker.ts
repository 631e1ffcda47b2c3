import { prove, timed, type Bench, type Sample } from '../bench.ts';
import { api, rounds, ROUNDS, WARM_UPS, withDocker } from './docker-machine.ts';

const STARTS = 4;

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
      const samples = await rounds(
        machine,
        async () => {
          const output = await machine.sh('docker build -t site /root/site');
          prove(output.includes('Successfully tagged site:latest'), output);
        },
        { before: (round) => machine.sh(`echo '<h1>${round}</h1>' > /root/site/index.html`) },
      );
      const page = await machine.sh('docker run --rm site cat /usr/share/nginx/html/index.html');
      prove(page.includes(`<h1>${WARM_UPS + ROUNDS - 1}</h1>`), page);
      return samples;
    }),
};
