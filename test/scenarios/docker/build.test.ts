/** `docker build` typed in the machine. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('mkdir -p /root/app && echo first > /root/app/index.html');
});
afterAll(() => dock.stop());

function dockerfile(...lines: readonly string[]): Promise<string> {
  return dock.sh(`cat > /root/app/Dockerfile <<'END'\n${lines.join('\n')}\nEND`);
}

it('builds an nginx page, runs it twice, sees a change', async () => {
  await dockerfile('FROM nginx', 'COPY index.html /usr/share/nginx/html/');
  const built = await dock.sh('docker build -t my-nginx-image app');
  expect(built).toMatch(
    /^Sending build context to Docker daemon +[\d.]+kB\s+Step 1\/2 : FROM nginx\n[\s\S]* ---> [0-9a-f]{12}\nStep 2\/2 : COPY index\.html \/usr\/share\/nginx\/html\/\n ---> [0-9a-f]{12}\nSuccessfully built [0-9a-f]{12}\nSuccessfully tagged my-nginx-image:latest$/,
  );
  await dock.sh(
    'docker run -d --name one -p 80:80 my-nginx-image && docker run -d --name two -p 81:80 my-nginx-image',
  );
  const get = (port: number): Promise<string> =>
    dock.sh(`curl -s --retry 20 --retry-connrefused --retry-delay 1 localhost:${port}`);
  expect([await get(80), await get(81)]).toEqual(['first', 'first']);
  await dock.sh(
    'echo second > app/index.html && docker build -q -t my-nginx-image app && docker rm -f one && docker run -d -p 80:80 my-nginx-image',
  );
  expect([await get(80), await get(81)]).toEqual(['second', 'first']);
});

it('runs RUN, uses its cache, and shows what fails', async () => {
  await dockerfile('FROM busybox', 'RUN echo built > /built && echo told', 'CMD cat /built');
  expect(await dock.sh('docker build -t app app')).toMatch(
    /\nStep 2\/3 : RUN echo built > \/built && echo told\n ---> Running in [0-9a-f]{12}\ntold\nRemoving intermediate container [0-9a-f]{12}\n/,
  );
  expect(await dock.sh('docker build -t app app')).toMatch(/ ---> Using cache\n/);
  expect(await dock.sh('docker run --rm app')).toBe('built');
  await dockerfile('FROM busybox', 'RUN echo broken; exit 3');
  const failed = await dock.run('docker build app');
  expect(failed.code).toBe(3);
  expect(failed.stdout).toContain('broken\n');
  expect(failed.stderr).toBe(
    "The command '/bin/sh -c echo broken; exit 3' returned a non-zero code: 3\n",
  );
});

it('names the line that it does not understand', async () => {
  await dockerfile('FROM busybox', 'RNU true');
  const { code, stderr } = await dock.run('docker build app');
  expect(code).toBe(1);
  expect(stderr).toContain('dockerfile parse error line 2: unknown instruction: RNU');
});
