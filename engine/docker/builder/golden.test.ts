import { messageOf } from '../../base/message-of.ts';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TreeNode } from '../../api/image-tree.ts';
import { buildImage } from './build-image.ts';

import { BuildError } from './build-error.ts';
import type { BuildOptions } from './build-types.ts';
import { FakeMachine, tarOf } from './fake-machine.ts';

/**
 * Scripts in testdata/*.txt: `-- path --` begins a file of the context, `$` a command, and what
 * follows the command is what it must print. `UPDATE_GOLDEN=1` writes what it prints now.
 * Ids are numbered in order of appearance.
 */
const directory = join(import.meta.dirname, 'testdata');

describe('builds', () => {
  for (const name of readdirSync(directory).filter((file) => file.endsWith('.txt'))) {
    it(name.replace('.txt', '').replaceAll('-', ' '), async () => {
      const path = join(directory, name);
      const script = readFileSync(path, 'utf8');
      const actual = await play(script);
      if (process.env['UPDATE_GOLDEN']) writeFileSync(path, actual);
      else expect(actual).toBe(script);
    });
  }
});

async function play(script: string): Promise<string> {
  const machine = await FakeMachine.create([
    {
      tag: 'base:latest',
      files: {
        'etc/passwd': 'root:x:0:0::/root:/bin/sh\nweb:x:101:102::/:/bin/false\n',
        'etc/group': 'root:x:0:\nweb:x:102:\n',
        'usr/share/nginx/html/index.html': 'welcome',
        'usr/bin/': '',
        'bin -> usr/bin': '',
      },
      config: { Env: ['PATH=/usr/bin'], Cmd: ['sh'] },
    },
  ]);
  const files: Record<string, string> = {};
  let output = '';
  for (const block of script.split(/^(?=-- .* --$|\$ )/m)) {
    const [head = '', ...rest] = block.split('\n');
    const file = /^-- (.*) --$/.exec(head)?.[1];
    if (file !== undefined) files[file] = rest.join('\n');
    output += head.startsWith('$ ')
      ? `${head}\n${await perform(machine, head.slice(2), files)}\n`
      : block;
  }
  return numberIds(output).trimEnd() + '\n';
}

async function perform(
  machine: FakeMachine,
  command: string,
  files: Readonly<Record<string, string>>,
): Promise<string> {
  const [program = '', ...words] = command.split(' ');
  const { images } = machine;
  switch (program) {
    case 'build':
      return build(machine, words, files);
    case 'history':
      return (
        images
          .get(words[0] ?? '')
          .config.history?.map(
            (step) => `${step.empty_layer ? 'no layer' : 'layer   '}  ${step.created_by ?? ''}\n`,
          )
          .join('') ?? ''
      );
    case 'config':
      return `${JSON.stringify(images.get(words[0] ?? '').config.config, null, 2)}\n`;
    case 'cat': {
      const tree = await images.tree(images.get(words[0] ?? '').layers.map(({ diffId }) => diffId));
      return `${new TextDecoder().decode(await tree.readFile(words[1] ?? '')).trimEnd()}\n`;
    }
    case 'ls': {
      const tree = await images.tree(images.get(words[0] ?? '').layers.map(({ diffId }) => diffId));
      const list = (node: TreeNode | undefined, prefix: string): string =>
        (node?.children ?? [])
          .map(
            (child) =>
              `${describeNode(child)} ${prefix}${child.name}\n${list(child, `${prefix}${child.name}/`)}`,
          )
          .join('');
      return list(tree.lookup(words[1] ?? '')?.node, '');
    }
    default:
      throw new Error(`unknown command ${program}`);
  }
}

function describeNode({ mode, uid, gid, target, children }: TreeNode): string {
  const kind = children ? 'd' : target === undefined ? '-' : 'l';
  return `${kind} ${(mode & 0o7777).toString(8).padStart(4, '0')} ${uid}:${gid}`;
}

async function build(
  machine: FakeMachine,
  words: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<string> {
  let output = '';
  try {
    await buildImage(
      machine.services,
      new Blob([await tarOf(files)]).stream(),
      parseOptions(words),
      (message) => {
        if ('stream' in message) output += message.stream as string;
      },
    );
  } catch (error) {
    const code =
      error instanceof BuildError
        ? `${error.code}${error.exitCode === undefined ? '' : ` ${error.exitCode}`}`
        : 'ERROR';
    output += `${code}: ${messageOf(error)}\n`;
  }
  return output.replaceAll('\u001b', '<ESC>');
}

function parseOptions(words: readonly string[]): BuildOptions {
  const values = (flag: string): string[] =>
    words.flatMap((word, index) => (word === flag ? [words[index + 1] ?? ''] : []));
  const record = (flag: string): Record<string, string> =>
    Object.fromEntries(values(flag).map((pair) => pair.split('=') as [string, string]));
  const [target] = values('--target');
  const [dockerfile] = values('-f');
  return {
    tags: values('-t'),
    buildArgs: record('--build-arg'),
    labels: record('--label'),
    noCache: words.includes('--no-cache'),
    quiet: words.includes('-q'),
    forceRemove: words.includes('--force-rm'),
    remove: !words.includes('--rm=false'),
    ...(target === undefined ? {} : { target }),
    ...(dockerfile === undefined ? {} : { dockerfile }),
  };
}

/** `<1>`, `<2>`, … for image and container ids: the same id has the same number. */
function numberIds(text: string): string {
  const numbers = new Map<string, number>();
  return text.replaceAll(/\b[0-9a-f]{12}(?:[0-9a-f]{52})?\b/g, (id) => {
    const short = id.slice(0, 12);
    if (!numbers.has(short)) numbers.set(short, numbers.size + 1);
    return `<${numbers.get(short)}>`;
  });
}
