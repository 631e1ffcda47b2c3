/** Networks of the user's own, on a real machine: names, isolation, joining and leaving. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerMachine } from './docker-machine.ts';

let dock: DockerMachine;
beforeAll(async () => {
  dock = await DockerMachine.start();
  await dock.sh('docker pull -q busybox');
});
afterAll(() => dock.stop());

/** What a command prints inside a container, both outputs, whatever its status. */
const inside = async (container: string, command: string): Promise<string> =>
  (await dock.run(`docker exec ${container} ${command} 2>&1`)).stdout.trim();

/** What puts a program of the machine into a container's network. */
const within = async (container: string): Promise<string> =>
  `nsenter -n -t ${await dock.sh(`docker inspect -f '{{.State.Pid}}' ${container}`)}`;

describe('names', () => {
  it('of containers and aliases are known on their network, through 127.0.0.11', async () => {
    await dock.sh('docker network create back && docker network create --internal hidden');
    await dock.sh('docker run -d --name db --network back --network-alias data busybox sleep 1000');
    await dock.sh('docker run -d --name web --network back busybox httpd -f -p 80');
    expect(await inside('web', 'cat /etc/resolv.conf')).toBe(
      'nameserver 127.0.0.11\noptions ndots:0',
    );
    const address = await dock.sh(
      "docker inspect -f '{{.NetworkSettings.Networks.back.IPAddress}}' db",
    );
    expect(address).toBe('172.18.0.2');
    for (const name of ['db', 'data', 'DB', 'db.back'])
      expect(await inside('web', `ping -c 1 -q ${name}`)).toContain(`(${address})`);
    expect(await inside('web', `nslookup ${address}`)).toContain('db.back');
    expect(await inside('web', 'ping -c 1 nosuch')).toBe("ping: bad address 'nosuch'");
    const short = await dock.sh('docker ps -q --filter name=db');
    expect(await inside('web', `ping -c 1 -q ${short}`)).toContain(`(${address})`);
    await dock.sh('docker rename db store');
    expect(await inside('web', 'ping -c 1 -q store')).toContain(`(${address})`);
    expect(await inside('web', 'ping -c 1 db')).toContain('bad address');
  });

  it('leave port 53 to a name server of one’s own', async () => {
    const enter = await within('web');
    await dock.sh(`(${enter} timeout 60 nc -u -l 53 >/tmp/asked &)`);
    await dock.until(`${enter} ss -lun | grep '0.0.0.0:53 '`);
    await dock.sh(`echo question | ${enter} nc -u -w 1 127.0.0.1 53`);
    expect(await dock.sh('cat /tmp/asked')).toBe('question');
    expect(await inside('web', 'ping -c 1 -q store')).toContain('1 packets received');
  });
});

describe('isolation', () => {
  it('keeps networks apart, but not from published ports', async () => {
    await dock.sh('docker run -d --name outsider -p 8080:80 busybox httpd -f -p 80');
    const outsider = await dock.sh("docker inspect -f '{{.NetworkSettings.IPAddress}}' outsider");
    expect(await inside('web', `timeout 2 wget -O - http://${outsider}/`)).not.toContain('404');
    expect(await inside('web', 'timeout 20 wget -O - http://172.17.0.1:8080/')).toContain('404');
    expect(await inside('outsider', 'ping -c 1 store')).toContain('bad address');
    expect(await inside('outsider', 'timeout 2 wget -O - http://172.18.0.3/')).not.toContain('404');
  });

  it('leaves an internal network with no way out', async () => {
    await dock.sh('docker run -d --name inner --network hidden -p 8081:80 busybox httpd -f -p 80');
    expect(await inside('inner', 'timeout 2 wget -O - http://10.0.0.11:8080/')).not.toContain(
      '404',
    );
    expect(await dock.sh('docker port inner')).toBe('');
    expect((await dock.run('curl -s -m 2 localhost:8081')).code).not.toBe(0);
  });
});

describe('joining and leaving', () => {
  it('takes effect at once', async () => {
    await dock.sh('docker network connect --alias friend back outsider');
    expect(await inside('outsider', 'ping -c 1 -q web')).toContain('1 packets received');
    expect(await inside('web', 'timeout 20 wget -O - http://friend/')).toContain('404');
    expect(await inside('outsider', 'ip -o -4 addr')).toMatch(/eth0[^]*eth1/);
    expect(await dock.sh("curl -s -o /dev/null -w '%{http_code}' localhost:8080")).toBe('404');
    expect((await dock.run('docker network connect back outsider')).stderr).toContain(
      'endpoint with name outsider already exists in network back',
    );
    expect((await dock.run('docker network rm back')).stderr).toMatch(
      /error while removing network: network back id [0-9a-f]{64} has active endpoints/,
    );
    await dock.sh('docker network disconnect bridge outsider');
    expect(await dock.sh("curl -s -o /dev/null -w '%{http_code}' localhost:8080")).toBe('404');
    await dock.sh('docker network disconnect back outsider');
    expect(await inside('outsider', 'ip -o -4 addr')).not.toContain('eth');
    expect((await dock.run('docker network disconnect back outsider')).stderr).toContain(
      'is not connected to network back',
    );
  });

  it('is remembered by an engine that starts anew', async () => {
    await dock.replaceEngine();
    expect(await inside('web', 'ping -c 1 -q store')).toContain('1 packets received');
    expect(
      await dock.sh(
        "docker network inspect -f '{{range .Containers}}{{println .Name}}{{end}}' back | sort | xargs",
      ),
    ).toBe('store web');
    await dock.sh('docker rm -f web store inner outsider && docker network prune -f');
    expect(await dock.sh("docker network ls --format '{{.Name}}' | sort | tr '\\n' ' '")).toBe(
      'bridge host none',
    );
  });
});

describe('addresses and ports', () => {
  it('can be chosen', async () => {
    await dock.sh(
      'docker network create --subnet 172.28.0.0/16 --ip-range 172.28.5.0/24 --gateway 172.28.5.254 plan',
    );
    await dock.sh('docker run -d --name fixed --network plan --ip 172.28.9.9 busybox sleep 1000');
    await dock.sh('docker run -d --name next --network plan busybox sleep 1000');
    expect(await inside('next', 'ip -o -4 addr show eth0')).toContain('172.28.5.0/16');
    expect(await inside('next', 'ping -c 1 -q fixed')).toContain('(172.28.9.9)');
    expect(
      (await dock.run('docker run --rm --network plan --ip 172.28.9.9 busybox true')).stderr,
    ).toContain('Address already in use.');
    await dock.sh('docker rm -f fixed next && docker network rm plan');
  });

  it('are published for UDP, in ranges, and all at once', async () => {
    await dock.sh('docker run -d --name udp -p 5000-5001:7000/udp busybox sleep 1000');
    await dock.sh('docker run -d --name udp2 -p 5000-5001:7000/udp busybox sleep 1000');
    expect(await dock.sh('docker port udp; docker port udp2')).toBe(
      '7000/udp -> 0.0.0.0:5000\n7000/udp -> 0.0.0.0:5001',
    );
    const enter = await within('udp2');
    await dock.sh(`(${enter} timeout 60 nc -u -l 7000 >/tmp/received &)`);
    await dock.until(`${enter} ss -lun | grep :7000`);
    expect(await dock.sh('echo hello | nc -u -w 1 127.0.0.1 5001; cat /tmp/received')).toBe(
      'hello',
    );
    await dock.sh(
      'docker run -d --name many -P --expose 80 --expose 9000-9001 busybox httpd -f -p 80',
    );
    expect((await dock.sh('docker port many')).split('\n')).toHaveLength(3);
    const port = await dock.sh('docker port many 80/tcp | cut -d: -f2');
    expect(await dock.sh(`curl -s -o /dev/null -w '%{http_code}' localhost:${port}`)).toBe('404');
    await dock.sh('docker rm -f udp udp2 many');
  });
});
