/** Docker Compose, the real one, brings up what learners write with it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  const write = (file: string, text: string): Promise<void> =>
    dock.agent.writeFile(`/root/app/${file}`, new TextEncoder().encode(text), {
      makeParents: true,
    });
  await write('compose.yaml', COMPOSE);
  await write('web/Dockerfile', DOCKERFILE);
});
afterAll(() => dock.stop());

const COMPOSE = `
services:
  store:
    image: redis
    volumes: [data:/data]
    networks: [back]
    healthcheck: { test: [CMD, redis-cli, ping], interval: 1s, timeout: 5s, retries: 20 }
  web:
    build:
      context: web
      args: { PAGE: index.html }
    environment: { GREETING: "hello from \${WHERE:-nowhere}" }
    ports: ["8080:80"]
    networks: [front, back]
    depends_on:
      store: { condition: service_healthy }
  worker:
    image: busybox
    command: sh -c 'echo at work; exec sleep 1000'
    init: true
    networks: [back]
volumes:
  data:
networks:
  front:
  back:
`;
const DOCKERFILE = `FROM busybox
ARG PAGE
ENV PAGE=$PAGE
CMD echo "$GREETING" > /www/$PAGE && exec httpd -f -h /www
RUN mkdir /www
`;

it('builds, makes networks and volumes, and starts in the order of what needs what', async () => {
  await dock.sh('cd app && echo WHERE=dock > .env && docker compose up -d --scale worker=2');
  // The server's program has started, which is not to say that it listens.
  expect(await dock.until('curl -sS localhost:8080')).toBe('hello from dock');
  const started = async (name: string): Promise<number> =>
    Date.parse(await dock.sh(`docker inspect -f '{{.State.StartedAt}}' app-${name}-1`));
  expect(await started('web')).toBeGreaterThan(await started('store'));
  expect(await dock.sh("docker inspect -f '{{.State.Health.Status}}' app-store-1")).toBe('healthy');
  expect(await dock.sh("docker network ls --format '{{.Name}}' -f name=app_")).toBe(
    'app_back\napp_front',
  );
});

it('joins services by their names, and only where they share a network', async () => {
  const ask = 'redis-cli -h store ping';
  expect(await dock.sh(`docker run --rm --network app_back redis ${ask}`)).toBe('PONG');
  const apart = await dock.run(`docker run --rm --network app_front redis ${ask}`);
  expect(apart.code).toBe(1);
});

it('lists what runs', async () => {
  expect(
    await dock.sh("cd app && docker compose ps --format '{{.Service}} {{.State}}' | sort"),
  ).toBe('store running\nweb running\nworker running\nworker running');
});

it('takes all away but what is stored', async () => {
  await dock.sh('cd app && docker compose down -t 1');
  expect(await dock.sh('docker ps -aq; docker network ls -q -f name=app_')).toBe('');
  expect(await dock.sh('docker volume ls -q')).toBe('app_data');
});
