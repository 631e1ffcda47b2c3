import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile, appendFile, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../base/fake-clock.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentSession } from '../../machine/agent/agent-session.ts';
import { buildAgent, type RealAgent } from '../../machine/agent/real-agent.node.ts';
import { FakeCri } from '../testing/fake-cri.ts';
import { startContainer } from '../testing/start-container.ts';
import { readContainerLog } from './container-log.ts';
import { parseLogQuery } from './log-query.ts';
import { LogRotation, planRotation } from './log-rotation.ts';

let build: Awaited<ReturnType<typeof buildAgent>>;
let real: RealAgent;
let session: AgentSession;
let agent: AgentClient;
let folder: string;
let path: string;
let clock: FakeClock;
let cri: FakeCri;
let containerId: string;

beforeAll(async () => {
  build = await buildAgent();
}, 180_000);
afterAll(() => build.remove());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubelet-logs-'));
  path = join(folder, '0.log');
  real = build.start();
  session = new AgentSession(real.channel);
  agent = new AgentClient(session);
  clock = new FakeClock(Date.parse('2026-11-26T18:00:10Z'));
  cri = new FakeCri(clock);
  containerId = await startContainer(cri, 'web', { logDirectory: folder, logPath: '0.log' });
});
afterEach(async () => {
  session.dispose();
  await real.stop();
  rmSync(folder, { recursive: true, force: true });
});

const LINES = [
  '2026-11-26T18:00:00.5Z stdout F one',
  '2026-11-26T18:00:01.123456789Z stderr F two',
  '2026-11-26T18:00:02Z stdout P thr',
  '2026-11-26T18:00:02Z stdout F ee',
  'what a cut leaves behind',
  '2026-11-26T18:00:09.000000001Z stdout F ',
];

function read(query: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const source = { agent, cri, containerId, path, now: clock.now() };
  return readContainerLog(source, parseLogQuery(new URLSearchParams(query)), signal);
}

async function shown(query: string): Promise<string> {
  let text = '';
  for await (const bytes of read(query)) text += new TextDecoder('latin1').decode(bytes);
  return text;
}

describe('a log', () => {
  beforeEach(() => writeFile(path, `${LINES.join('\n')}\n`));

  it.each([
    ['', 'one\ntwo\nthree\n\n'],
    ['tailLines=0', ''],
    ['tailLines=3', 'ee\n\n'],
    ['tail=all', 'one\ntwo\nthree\n\n'],
    ['tailLines=1&timestamps=true', '2026-11-26T18:00:09.000000001Z \n'],
    ['stream=Stderr', 'two\n'],
    ['stream=Stdout&limitBytes=6', 'one\nth'],
    ['sinceSeconds=1', '\n'],
    ['sinceTime=2026-11-26T18:00:02Z', 'three\n\n'],
    [
      'timestamps=1&limitBytes=94',
      '2026-11-26T18:00:00.500000000Z one\n2026-11-26T18:00:01.123456789Z two\n2026-11-26T18:00:02.0000',
    ],
  ])('%s', async (query, expected) => {
    expect(await shown(query)).toBe(expected);
  });

  it('keeps bytes that are no text, and a last line without an end', async () => {
    const bytes = Buffer.from([0x80, 0xff, 0x20, 0x00, 0x41]);
    await writeFile(path, Buffer.concat([Buffer.from('2026-11-26T18:00:00Z stdout F '), bytes]));
    expect(Buffer.from(await shown(''), 'latin1')).toEqual(bytes);
  });

  it('says that there is none', async () => {
    rmSync(path);
    await expect(shown('')).rejects.toThrow(
      `failed to try resolving symlinks in path "${path}": open ${path}: no such file or directory`,
    );
  });
});

describe('what is asked', () => {
  it.each([
    ['tailLines=x', 'UNREADABLE'],
    ['sinceTime=yesterday', 'UNREADABLE'],
    ['tailLines=-1', 'INVALID'],
    ['limitBytes=0', 'INVALID'],
    ['sinceSeconds=0', 'INVALID'],
    ['sinceSeconds=1&sinceTime=2026-11-26T18:00:02Z', 'INVALID'],
    ['stream=Both', 'INVALID'],
    ['stream=Stdout&tailLines=1', 'INVALID'],
  ])('may be wrong: %s', (query, code) => {
    expect(() => parseLogQuery(new URLSearchParams(query))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

describe('following', () => {
  const line = (text: string) => `2026-11-26T18:00:10Z stdout F ${text}\n`;

  async function next(log: AsyncGenerator<Uint8Array>): Promise<string | undefined> {
    const { value, done } = await log.next();
    return done === true ? undefined : new TextDecoder().decode(value);
  }

  it('goes on over a rotation, until the container ends', async () => {
    await writeFile(path, line('first'));
    const log = read('follow=true');
    expect(await next(log)).toBe('first\n');
    cri.intercept = async (call) => {
      if (call === 'reopenContainerLog') await writeFile(path, line('third'));
    };
    await appendFile(path, line('x'.repeat(100)));
    expect(await next(log)).toBe(`${'x'.repeat(100)}\n`);
    await rotation(50).rotate();
    expect(await next(log)).toBe('third\n');
    expect(await readdir(folder)).toEqual(['0.log', '0.log.20261126-180010']);
    await appendFile(path, `${line('last')}2026-11-26T18:00:10Z stdout F cut`);
    cri.exit('web');
    expect(await next(log)).toBe('last\n');
    expect(await next(log)).toBeUndefined();
  });

  it('ends at once when the container does not run', async () => {
    await writeFile(path, line('all'));
    cri.exit('web');
    expect(await shown('follow=true')).toBe('all\n');
  });

  it('ends when nobody listens any more', async () => {
    await writeFile(path, line('first'));
    const gone = new AbortController();
    const log = read('follow=true', gone.signal);
    await next(log);
    gone.abort();
    expect(await next(log)).toBeUndefined();
  });
});

function rotation(containerLogMaxSize: number): LogRotation {
  return new LogRotation({
    agent,
    cri,
    clock,
    configuration: {
      containerLogMaxSize,
      containerLogMaxFiles: 3,
      containerLogMonitorInterval: 10_000,
    },
    onError: (error) => {
      throw error;
    },
  });
}

describe('rotation', () => {
  it('compresses all but the newest two, and keeps as many as it may', async () => {
    cri.intercept = async (call) => {
      if (call === 'reopenContainerLog') await writeFile(path, 'new');
    };
    await writeFile(path, 'small');
    await rotation(6).rotate();
    expect(await readdir(folder)).toEqual(['0.log']);
    for (let round = 1; round <= 4; round++) {
      await writeFile(path, `round ${round}`);
      await rotation(6).rotate();
      clock.advance(1000);
    }
    expect(await readdir(folder)).toEqual([
      '0.log',
      '0.log.20261126-180012.gz',
      '0.log.20261126-180013',
    ]);
    const zipped = await readFile(join(folder, '0.log.20261126-180012.gz'));
    expect(gunzipSync(zipped).toString()).toBe('round 3');
  });

  it('puts the log back when the runtime makes no new one', async () => {
    cri.intercept = (call) => {
      if (call === 'reopenContainerLog') throw new Error('the runtime is away');
    };
    await writeFile(path, 'large enough');
    await expect(rotation(6).rotate()).rejects.toThrow('the runtime is away');
    expect(await readFile(path, 'utf8')).toBe('large enough');
  });

  it.each([
    [[], [], []],
    [['0.log.1'], [], ['0.log.1']],
    [['0.log.1.gz', '0.log.2'], ['0.log.1.gz'], ['0.log.2']],
    [['0.log.1', '0.log.1.gz', '0.log.2.tmp'], ['0.log.1', '0.log.2.tmp'], []],
  ])('%s', (names, remove, compress) => {
    expect(planRotation(names, 3)).toEqual({ remove, compress });
  });
});
