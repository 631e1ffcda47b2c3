import { describe, expect, it } from 'vitest';
import { FakeMachine, tarOf } from './fake-machine.ts';
import { buildImage } from './build-image.ts';
import { ignoreMatcher, matchPath } from './glob.ts';
import { expandWord, expandWords } from './shell-words.ts';
import { formatGoDuration, goDuration } from './line-arguments.ts';

describe('file name patterns', () => {
  it.each([
    ['*.txt', 'a.txt', true],
    ['*.txt', 'dir/a.txt', false],
    ['d?r/*', 'dir/a', true],
    ['[a-c].md', 'b.md', true],
    ['[^a-c].md', 'b.md', false],
    ['a\\*b', 'a*b', true],
    ['a\\*b', 'axb', false],
    ['[', '[', false],
  ])('%s matches %s: %s', (pattern, path, expected) => {
    expect(matchPath(pattern, path)).toBe(expected);
  });

  it.each([
    ['node_modules', 'node_modules/a/b.js', true],
    ['*.log', 'deep/x.log', false],
    ['**/*.log', 'deep/er/x.log', true],
    ['**/*.log', 'x.log', true],
    ['*.md\n!README.md', 'README.md', false],
    ['!README.md\n*.md', 'README.md', true],
    ['docs\n!docs/keep', 'docs/keep/a', false],
    ['/dist/', 'dist/a', true],
    ['# comment\n\n  temp?  ', 'temp1', true],
    ['a/**', 'a/b/c', true],
  ])('.dockerignore %j and %s: %s', (text, path, expected) => {
    expect(ignoreMatcher(text)(path)).toBe(expected);
  });
});

describe('words', () => {
  const environment = new Map([
    ['A', 'one'],
    ['EMPTY', ''],
    ['TWO', 'x y'],
  ]);

  it.each([
    ['$A', 'one'],
    ['${A}s', 'ones'],
    ['"$A"', 'one'],
    ["'$A'", '$A'],
    ['\\$A', '$A'],
    ['"a\\"b"', 'a"b'],
    ['"a\\nb"', 'a\\nb'],
    ['${NONE:-d$A}', 'done'],
    ['${EMPTY:-d}', 'd'],
    ['${EMPTY-d}', ''],
    ['${A:+set}', 'set'],
    ['${NONE+set}', ''],
    ['$', '$'],
    ['$1x', 'x'],
    ['a$NONE-b', 'a-b'],
  ])('%s becomes %s', (text, expected) => {
    expect(expandWord(text, environment, '\\')).toBe(expected);
  });

  it('splits what a variable held, but not what is quoted', () => {
    expect(expandWords('$TWO "$TWO"', environment, '\\')).toEqual(['x', 'y', 'x y']);
  });

  it.each(['${', '${A', '${}', '"a', "'a", '${A:=b}', '${NONE?}'])('refuses %s', (text) => {
    expect(() => expandWord(text, environment, '\\')).toThrow(/^failed to process/);
  });
});

describe('durations', () => {
  it.each([
    ['5m', '5m0s'],
    ['1h30m', '1h30m0s'],
    ['1.5s', '1.5s'],
    ['250ms', '250ms'],
  ])('%s is %s', (text, expected) => {
    expect(formatGoDuration(goDuration(text, 'interval'))).toBe(expected);
  });
});

describe('ADD', () => {
  it('unpacks local archives with their owners, compressed or not, and copies other files', async () => {
    const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
    const inner = await tarOf({ 'dir/': '', 'dir/file': 'unpacked', 'link -> dir/file': '' });
    const gzip = new Uint8Array(
      await new Response(
        new Blob([inner]).stream().pipeThrough(new CompressionStream('gzip')),
      ).arrayBuffer(),
    );
    const context = await contextOf({
      Dockerfile: text('FROM base\nADD a.tar.gz b.tar plain.txt /opt/\n'),
      'a.tar.gz': gzip,
      'b.tar': inner,
      'plain.txt': text('plain'),
    });
    const image = await buildImage(machine.services, context, { tags: ['added'] }, () => undefined);
    const tree = await machine.images.tree(image.layers.map(({ diffId }) => diffId));
    expect(new TextDecoder().decode(await tree.readFile('/opt/link'))).toBe('unpacked');
    expect(tree.lookup('/opt/a.tar.gz')).toBeUndefined();
    expect(new TextDecoder().decode(await tree.readFile('/opt/plain.txt'))).toBe('plain');
  });
});

describe('the cache of --cache-from', () => {
  const dockerfile = 'FROM base\nENV A=1\nRUN write /made it\nLABEL b=2\n';
  async function build(machine: FakeMachine, cacheFrom: readonly string[]): Promise<string> {
    let output = '';
    const context = await contextOf({ Dockerfile: text(dockerfile) });
    await buildImage(machine.services, context, { tags: ['made'], cacheFrom }, (message) => {
      if ('stream' in message) output += String(message.stream);
    });
    return output;
  }
  const hits = (output: string): number => output.split('Using cache').length - 1;

  it('takes steps of earlier builds only when a source is made of them', async () => {
    const machine = await FakeMachine.create([
      { tag: 'base:latest', files: { 'etc/': '' } },
      { tag: 'other:latest', files: { 'opt/': '' } },
    ]);
    await build(machine, []);
    expect(hits(await build(machine, ['made']))).toBe(3);
    expect(hits(await build(machine, ['other', 'nosuch']))).toBe(0);
  });

  it('takes steps from the history of an image that came from elsewhere', async () => {
    const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
    await build(machine, []);
    const made = machine.images.get('made');
    // As a pull brings it: without the images of its steps.
    const pulled = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
    for (const { diffId } of made.layers)
      await pulled.images.addLayer(await machine.content.read(diffId));
    await pulled.images.load(made.configBytes);
    await pulled.images.tag(made.id, 'source');
    expect(hits(await build(pulled, ['source']))).toBe(3);
    expect(pulled.started).toHaveLength(0);
    expect(pulled.images.get('made').id).toBe(made.id);
  });
});

describe('what reaches the machine', () => {
  it('is nothing but RUN, with the environment, user and directory of the image', async () => {
    const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
    const dockerfile =
      'FROM base\nENV A=1\nARG B=2\nWORKDIR /w\nUSER 7\nVOLUME /v\nCOPY Dockerfile /\nRUN echo\n';
    await buildImage(
      machine.services,
      await contextOf({ Dockerfile: text(dockerfile) }),
      {},
      () => undefined,
    );
    expect(machine.started).toHaveLength(1);
    expect(machine.started[0]).toMatchObject({
      args: ['/bin/sh', '-c', 'echo'],
      cwd: '/w',
      user: '7',
      volumes: ['/v'],
    });
    expect(machine.started[0]?.env).toEqual(expect.arrayContaining(['A=1', 'B=2']));
    expect(machine.removed).toHaveLength(1);
  });

  it('leaves the container of a failed step to be looked into', async () => {
    const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
    const building = buildImage(
      machine.services,
      await contextOf({ Dockerfile: text('FROM base\nRUN exit 1\n') }),
      {},
      () => undefined,
    );
    await expect(building).rejects.toMatchObject({ exitCode: 1 });
    expect([machine.kept.length, machine.removed.length]).toEqual([1, 0]);
  });

  it('stops between steps when the client goes away', async () => {
    const machine = await FakeMachine.create([{ tag: 'base:latest', files: { 'etc/': '' } }]);
    const controller = new AbortController();
    const building = buildImage(
      machine.services,
      await contextOf({ Dockerfile: text('FROM base\nENV A=1\nENV B=2\n') }),
      { signal: controller.signal },
      (message) => {
        if ('stream' in message && String(message.stream).startsWith('Step 2/3'))
          controller.abort();
      },
    );
    await expect(building).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

function text(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

async function contextOf(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
): Promise<ReadableStream<Uint8Array>> {
  return new Blob([await tarOf(files)]).stream();
}
