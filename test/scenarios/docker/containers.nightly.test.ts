/** What only a real machine shows of containers: logs that rotate, health checks, links, volumes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('docker pull -q busybox');
});
afterAll(() => dock.stop());

describe('logs', () => {
  it('rotate, are compressed, and lose no line that is kept', async () => {
    const lines = (count: number): string =>
      `i=0; while [ $i -lt ${count} ]; do echo line $i; i=$((i+1)); done`;
    await dock.sh(
      `docker run -d --name talker --log-opt max-size=2k --log-opt max-file=3 --log-opt compress=true busybox sh -c '${lines(60)}; until [ -e /go ]; do sleep 0.2; done; ${lines(30)}; echo end'`,
    );
    await dock.until('docker logs talker | grep "line 59"');
    // Followed over a rotation, to the very end.
    const following = dock.sh('docker logs -f --tail 5 talker | tee /root/followed');
    await dock.until('[ $(wc -l < /root/followed) -ge 5 ]');
    await dock.sh('docker exec talker touch /go');
    const followed = (await following).split('\n');
    expect(followed).toHaveLength(5 + 30 + 1);
    expect(followed.slice(-2)).toEqual(['line 29', 'end']);
    const kept = (await dock.sh('docker logs talker')).split('\n');
    expect(kept.slice(-31)).toEqual(followed.slice(-31));
    expect(kept.length).toBeGreaterThan(35);
    expect(kept.length).toBeLessThan(91);
    const directory = await dock.sh("dirname $(docker inspect -f '{{.LogPath}}' talker)");
    expect(await dock.sh(`ls ${directory}`)).toMatch(/\.1\.gz\n[^\n]*\.2\.gz/);
  });
});

describe('a health check', () => {
  it('turns a container unhealthy, and shows in events as execs do', async () => {
    await dock.sh(
      "docker run -d --name ill --health-cmd 'echo no; exit 1' --health-interval 1s --health-retries 2 busybox sleep 1000",
    );
    await dock.until(
      'docker inspect -f "{{json .State.Health}}" ill | tee /dev/stderr | grep -q \'"unhealthy"\'',
    );
    expect(await dock.sh("docker ps --filter name=ill --format '{{.Status}}'")).toMatch(
      /\(unhealthy\)$/,
    );
    const events = await dock.sh(
      `docker events --since 0 --until "$(docker info -f '{{.SystemTime}}')" --filter container=ill --format '{{.Action}}'`,
    );
    expect(events.split('\n').slice(0, 5)).toEqual([
      'create',
      'start',
      'exec_create: /bin/sh -c echo no; exit 1',
      'exec_start: /bin/sh -c echo no; exit 1',
      'exec_die',
    ]);
    expect(events).toContain('\nhealth_status: unhealthy');
    await dock.sh('docker rm -f ill');
  });

  it('that takes too long is ended', async () => {
    await dock.sh(
      "docker run -d --name slow --health-cmd 'sleep 500' --health-interval 1s --health-timeout 1s --health-retries 1 busybox sleep 1000",
    );
    await dock.until(
      'docker inspect -f "{{json .State.Health}}" slow | tee /dev/stderr | grep -q \'"unhealthy"\'',
    );
    expect(await dock.sh("docker inspect -f '{{json .State.Health.Log}}' slow")).toContain(
      '"ExitCode":-1,"Output":"Health check exceeded timeout (1s)"',
    );
    await dock.sh('docker pause slow && docker unpause slow');
    // One may be under way, of two processes; those before it go.
    await dock.until('[ $(docker top slow | grep -c "sleep 500") -le 2 ]');
    await dock.sh('docker rm -f slow');
  });
});

it('links containers: names in /etc/hosts, also after a restart, and variables', async () => {
  await dock.sh('docker run -d --name db -e ROLE=main --expose 5432 busybox sleep 1000');
  await dock.sh('docker run -d --name app --link db:base busybox sleep 1000');
  expect(await dock.sh('docker exec app env')).toMatch(
    /^BASE_PORT=tcp:\/\/172\.17\.0\.\d+:5432$[^]*^BASE_ENV_ROLE=main$/m,
  );
  await dock.sh('docker exec app ping -c 1 base');
  await dock.sh('docker stop -t 0 db && docker run -d --name between busybox sleep 1000');
  await dock.sh('docker start db');
  const address = await dock.sh("docker inspect -f '{{.NetworkSettings.IPAddress}}' db");
  expect(await dock.sh('docker exec app ping -c 1 base')).toContain(`(${address})`);
  expect(await dock.sh("docker inspect -f '{{.HostConfig.Links}}' app")).toBe('[/db:/app/base]');
  await dock.sh('docker rm -f db app between');
});

describe('volumes', () => {
  it('with a file system of their own are mounted while they are used', async () => {
    await dock.sh('docker volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=1m ram');
    expect(await dock.sh('docker run --rm -v ram:/x busybox df -k /x')).toMatch(
      /^tmpfs +1024 +0 +1024 +0% \/x$/m,
    );
    expect(await dock.sh('mount | grep -c volumes/ram || true')).toBe('0');
    await dock.sh('mkdir -p /root/shared && echo here > /root/shared/file');
    await dock.sh(
      'docker volume create --opt type=none --opt o=bind,ro --opt device=/root/shared bound',
    );
    expect(await dock.sh('docker run --rm -v bound:/x busybox cat /x/file')).toBe('here');
    await dock.sh('docker volume rm bound && cat /root/shared/file');
    await dock.sh('docker volume create --opt type=none --opt o=bind --opt device=/nosuch lost');
    const { stderr } = await dock.run('docker run --rm -v lost:/x busybox true');
    expect(stderr).toContain(
      "error while mounting volume '/var/lib/docker/volumes/lost/_data': failed to mount local volume: mount /nosuch:/var/lib/docker/volumes/lost/_data, flags: 0x1000: no such file or directory.",
    );
  });

  it('bound with propagation see what is mounted later', async () => {
    await dock.sh('mkdir -p /root/outer && mount -t tmpfs none /root/outer');
    await dock.sh('mount --make-shared /root/outer && mkdir /root/outer/inner');
    await dock.sh('docker run -d --name watcher -v /root/outer:/x:rslave busybox sleep 1000');
    await dock.sh('mount -t tmpfs none /root/outer/inner && echo late > /root/outer/inner/file');
    expect(await dock.sh('docker exec watcher cat /x/inner/file')).toBe('late');
    await dock.sh('docker rm -f watcher && umount /root/outer/inner /root/outer');
    await dock.sh('mkdir -p /root/plain && mount -t tmpfs none /root/plain');
    await dock.sh('mount --make-private /root/plain');
    const { stderr } = await dock.run('docker run --rm -v /root/plain:/x:rshared busybox true');
    expect(stderr).toContain(
      'path /root/plain is mounted on /root/plain but it is not a shared mount.',
    );
  });
});

it('builds with a big context in a worker of its own', async () => {
  await dock.sh('mkdir -p /root/big && head -c 6000000 /dev/urandom > /root/big/data');
  await dock.sh(
    `printf 'FROM busybox\\nCOPY data /data\\nRUN sha256sum /data\\n' > /root/big/Dockerfile`,
  );
  const sum = await dock.sh('sha256sum < /root/big/data | cut -c1-64');
  expect(await dock.sh('docker build -t big /root/big')).toContain(`${sum}  /data\n`);
  expect(await dock.sh('docker run --rm big sha256sum /data')).toContain(sum);
});
