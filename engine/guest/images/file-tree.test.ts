import { unpackTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { FileTree, normalisePath, sourceDateEpoch } from './file-tree.ts';

describe('FileTree', () => {
  it('writes the same tar whatever the order of additions, parents first, hard links last', async () => {
    const one = new FileTree()
      .file('b/file', 'x')
      .hardLink('a-link', 'b/file')
      .directory('b', { mode: 0o700 });
    const other = new FileTree()
      .directory('b', { mode: 0o700 })
      .hardLink('a-link', 'b/file')
      .file('b/file', 'x');
    const tar = await one.toTar();
    expect(await other.toTar()).toEqual(tar);
    const entries = await unpackTar(tar);
    expect(entries.map(({ header }) => [header.name, header.type, header.mode])).toEqual([
      ['b/', 'directory', 0o700],
      ['b/file', 'file', 0o644],
      ['a-link', 'link', 0o755],
    ]);
  });

  it('merges /lib of packages into /usr/lib where the tree links it there', async () => {
    const tar = await new FileTree().file('lib/libc.so', 'c').toTar();
    const tree = await new FileTree().symlink('lib', 'usr/lib').directory('usr/lib').addTar(tar);
    expect(tree.get('lib')?.kind).toBe('symlink');
    expect(tree.get('usr/lib/libc.so')?.kind).toBe('file');
  });

  it('cuts times at the epoch of the build', () => {
    const tree = new FileTree()
      .file('old', '', { mtime: 5 })
      .file('new', '', { mtime: sourceDateEpoch + 5 });
    expect([tree.get('old')?.mtime, tree.get('new')?.mtime]).toEqual([5, sourceDateEpoch]);
  });

  it('tells what a layer adds to its base', () => {
    const base = new FileTree().file('same', '1').file('changed', '1').directory('mode');
    const whole = new FileTree()
      .file('same', '1')
      .file('changed', '2')
      .directory('mode', { mode: 0o700 })
      .file('new', '');
    expect(whole.above(base).paths()).toEqual(['changed', 'mode', 'new']);
  });

  it('normalises paths', () => {
    expect(normalisePath('./usr//bin/./x/')).toBe('usr/bin/x');
  });
});
