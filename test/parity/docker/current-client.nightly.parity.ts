/**
 * Docker's current client over TCP: it negotiates the version and understands every answer. `npm run test:nightly --
 * parity` builds it; to run this file alone, let DOCKER_CLIENT name it (`build/tools/docker-VERSION`).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerMachine } from '../../scenarios/docker/docker-machine.ts';
import { CurrentClient } from './current-client.ts';
import { serveOverTcp, type EngineOverTcp } from './engine-over-tcp.ts';

let dock: DockerMachine;
let server: EngineOverTcp;
let client: CurrentClient;
const docker = (...args: readonly string[]): Promise<string> => client.docker(...args);
const write = (name: string, content: string): void => {
  const file = path.join(client.directory, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
};

beforeAll(async () => {
  dock = await DockerMachine.start();
  server = await serveOverTcp(dock.engine);
  client = new CurrentClient(process.env['DOCKER_CLIENT'] ?? '', server.port);
  await docker('pull', '-q', 'busybox');
});
afterAll(async () => {
  server.close();
  await dock.stop();
});

describe('the engine', () => {
  it('agrees on an API version', async () => {
    expect(
      await docker('version', '--format', '{{.Client.Version}} {{.Server.APIVersion}}'),
    ).toMatch(/^28\.\d+\.\d+ 1\.44$/);
    expect(await docker('version', '--format', '{{.Client.APIVersion}}')).toBe('1.44');
  });

  it('describes itself', async () => {
    expect(await docker('info', '--format', '{{.OSType}} {{.CgroupVersion}} {{.Driver}}')).toBe(
      'linux 2 overlay2',
    );
    expect(await docker('system', 'df')).toMatch(
      /^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +1 /,
    );
    expect(await docker('system', 'df', '-v')).toContain('Images space usage:');
    expect(await docker('info')).toContain('Default Runtime: crun');
  });
});

describe('containers', () => {
  it('run to their end, with input, output and exit status', async () => {
    expect(await client.run(['run', '--rm', '-i', 'busybox', 'cat'], 'typed\n')).toEqual({
      code: 0,
      stdout: 'typed\n',
      stderr: '',
    });
    expect(
      await client.run(['run', '--rm', 'busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7']),
    ).toEqual({ code: 7, stdout: 'out\n', stderr: 'err\n' });
    expect((await client.run(['run', '--rm', 'busybox', 'nosuch'])).code).toBe(127);
  });

  it('live in the background', async () => {
    const id = await docker(
      'run',
      '-d',
      '--name',
      'web',
      '-p',
      '8080:80',
      'busybox',
      'httpd',
      '-f',
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await docker('ps', '--format', '{{.Names}} {{.State}} {{.Ports}}')).toBe(
      'web running 0.0.0.0:8080->80/tcp',
    );
    expect(await docker('port', 'web')).toBe('80/tcp -> 0.0.0.0:8080');
    expect(await docker('exec', 'web', 'sh', '-c', 'echo in; echo page > /index.html')).toBe('in');
    expect(await docker('top', 'web', '-o', 'pid,args')).toContain('httpd -f');
    expect(await docker('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}')).toBe('web 1');
    expect(await docker('inspect', '--format', '{{.State.Status}} {{.Config.Image}}', 'web')).toBe(
      'running busybox',
    );
    await docker('pause', 'web');
    expect(await docker('ps', '--filter', 'status=paused', '-q')).toBe(id.slice(0, 12));
    await docker('unpause', 'web');
    await docker('rename', 'web', 'page');
    await docker('update', '--memory', '64m', '--memory-swap', '-1', 'page');
    await docker('restart', '-t', '0', 'page');
    await docker('kill', 'page');
    expect(await docker('wait', 'page')).toBe('137');
    await docker('rm', 'page');
  });

  it('keep logs', async () => {
    await docker('run', '--name', 'talker', 'busybox', 'sh', '-c', 'echo one; echo two');
    expect(await docker('logs', 'talker')).toBe('one\ntwo');
    expect(await docker('logs', '-t', '-n', '1', 'talker')).toMatch(/^\d{4}-\S+Z two$/);
    expect(await docker('logs', '-f', 'talker')).toBe('one\ntwo');
    await docker('rm', 'talker');
  });

  it('exchange files', async () => {
    write('in/file', 'content\n');
    await docker('create', '--name', 'files', 'busybox', 'true');
    await docker('cp', '-q', 'in', 'files:/root/');
    await docker('cp', '-q', 'files:/root/in/file', 'out');
    expect(readFileSync(path.join(client.directory, 'out'), 'utf8')).toBe('content\n');
    expect(await docker('diff', 'files')).toBe('C /root\nA /root/in\nA /root/in/file');
    expect((await client.run(['cp', 'files:/nosuch', '.'])).stderr).toContain(
      'Could not find the file /nosuch in container files',
    );
    await docker('rm', 'files');
  });

  it('say why they cannot be', async () => {
    const { code, stderr } = await client.run(['run', '--rm', 'nosuchimage']);
    expect(code).toBe(125);
    expect(stderr).toContain('pull access denied for nosuchimage');
    expect((await client.run(['inspect', 'nosuch'])).stderr).toContain('No such object: nosuch');
    expect((await client.run(['rm', 'nosuch'])).stderr).toContain('No such container: nosuch');
  });
});

describe('images', () => {
  it('are built', async () => {
    write(
      'site/Dockerfile',
      'FROM busybox\nCOPY page /page\nRUN cat /page > /made\nCMD cat /made\n',
    );
    write('site/page', 'built\n');
    const { code, stdout } = await client.run(['build', '-t', 'site', 'site']);
    expect(stdout).toContain('Successfully tagged site:latest');
    expect(code).toBe(0);
    expect(await docker('run', '--rm', 'site')).toBe('built');
    expect(await docker('history', '--format', '{{.CreatedBy}}', 'site')).toContain(
      'CMD ["/bin/sh"',
    );
    write('site/Dockerfile', 'FROM busybox\nRUN exit 3\n');
    expect((await client.run(['build', 'site'])).stderr).toContain(
      "The command '/bin/sh -c exit 3' returned a non-zero code: 3",
    );
  });

  it('are listed, named, saved, loaded and removed', async () => {
    await docker('tag', 'busybox', 'box:1');
    expect(await docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'box')).toBe('box:1');
    await docker('save', '-o', 'box.tar', 'box:1');
    expect(await docker('rmi', 'box:1')).toBe('Untagged: box:1');
    expect(await docker('load', '-i', 'box.tar')).toBe('Loaded image: box:1');
    await docker('rmi', 'box:1');
    expect(await docker('search', '--format', '{{.Name}}', 'busybox')).toBe('busybox');
    expect(await docker('image', 'inspect', '--format', '{{.Architecture}}', 'busybox')).toBe(
      '386',
    );
    await docker('image', 'prune', '-f');
  });
});

describe('networks and volumes', () => {
  it('are made, used and removed', async () => {
    await docker('network', 'create', '--subnet', '10.30.0.0/24', 'sea');
    await docker('run', '-d', '--name', 'anchor', '--network', 'sea', 'busybox', 'sleep', '1000');
    await docker('run', '--rm', '--network', 'sea', 'busybox', 'ping', '-c', '1', 'anchor');
    expect(await docker('network', 'ls', '--filter', 'type=custom', '--format', '{{.Name}}')).toBe(
      'sea',
    );
    await docker('network', 'disconnect', 'sea', 'anchor');
    await docker('network', 'connect', '--alias', 'hook', 'sea', 'anchor');
    await docker('rm', '-f', 'anchor');
    await docker('network', 'rm', 'sea');
    await docker('run', '--rm', '-v', 'data:/data', 'busybox', 'touch', '/data/kept');
    expect(
      await docker('run', '--rm', '--mount', 'source=data,target=/d', 'busybox', 'ls', '/d'),
    ).toBe('kept');
    expect(await docker('volume', 'inspect', '--format', '{{.Driver}}', 'data')).toBe('local');
    expect(await docker('volume', 'ls', '-q')).toBe('data');
    await docker('volume', 'rm', 'data');
  });
});

describe('events', () => {
  it('are told from then until now', async () => {
    await docker('run', '--rm', '--name', 'story', 'busybox', 'true');
    const until = String(Math.ceil(Date.now() / 1000) + 2);
    const events = await docker(
      'events',
      '--since',
      '5m',
      '--until',
      until,
      '--filter',
      'container=story',
      '--format',
      '{{.Action}}',
    );
    expect(events.split('\n')).toEqual(['create', 'attach', 'start', 'die', 'destroy']);
  });
});
