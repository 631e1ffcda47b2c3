import { describe, expect, it } from 'vitest';
import { writeErofs } from './erofs.ts';
import { FileTree } from './file-tree.ts';

const options = {
  uuid: Buffer.alloc(16, 7),
  label: 'test',
  time: 1_767_225_600,
  order: ['usr/bin/first'],
  alignment: 65_536,
};

interface Found {
  readonly path: string;
  readonly mode: number;
  readonly links: number;
  readonly content: Buffer;
  readonly inode: number;
}

/** Reads an image back the way fs/erofs of Linux does. */
function readErofs(image: Buffer): Map<string, Found> {
  const found = new Map<string, Found>();
  const visit = (inode: number, path: string): void => {
    const at = inode * 32;
    const mode = image.readUInt16LE(at + 4);
    const size = image.readUInt32LE(at + 8);
    const isInline = image.readUInt16LE(at) >> 1 === 2;
    const start = isInline ? at + 32 : image.readUInt32LE(at + 16) * 4096;
    const content = image.subarray(start, start + size);
    found.set(path, { path, mode, links: image.readUInt16LE(at + 6), content, inode });
    if ((mode & 0o170000) !== 0o040000) return;
    for (let block = 0; block < size; block += 4096) {
      const entries = content.subarray(block, Math.min(block + 4096, size));
      const count = entries.readUInt16LE(8) / 12;
      for (let index = 0; index < count; index++) {
        const from = entries.readUInt16LE(index * 12 + 8);
        const to = index + 1 < count ? entries.readUInt16LE(index * 12 + 20) : entries.length;
        const name = entries.toString('utf8', from, to).replace(/\0+$/, '');
        if (name === '.' || name === '..') continue;
        visit(Number(entries.readBigUInt64LE(index * 12)), `${path}/${name}`);
      }
    }
  };
  visit(image.readUInt16LE(1024 + 14), '');
  return found;
}

describe('writeErofs', () => {
  it('keeps contents, modes and links, small or large', () => {
    const tree = new FileTree();
    const large = Buffer.alloc(10_000, 'x');
    tree.write('etc/small', 'hello', 0o640);
    tree.write('etc/empty', '');
    tree.write('usr/bin/large', large, 0o755);
    tree.symlink('bin', 'usr/bin');
    const large2 = tree.get('usr/bin/large');
    if (large2) tree.set('usr/bin/same', large2);
    const found = readErofs(writeErofs(tree, options));
    expect(found.get('/etc/small')?.content.toString()).toBe('hello');
    expect(found.get('/etc/small')?.mode).toBe(0o100640);
    expect(found.get('/etc/empty')?.content.length).toBe(0);
    expect(found.get('/usr/bin/large')?.content).toEqual(large);
    expect(found.get('/usr/bin/large')?.links).toBe(2);
    expect(found.get('/usr/bin/same')?.inode).toBe(found.get('/usr/bin/large')?.inode);
    expect(found.get('/bin')?.content.toString()).toBe('usr/bin');
    expect(found.get('')?.links).toBe(4);
  });

  it('cuts a directory of many names into sorted blocks', () => {
    const tree = new FileTree();
    const names = Array.from({ length: 1000 }, (_, index) => `file-${index}`);
    for (const name of names) tree.write(`many/${name}`, name);
    const found = readErofs(writeErofs(tree, options));
    for (const name of names) expect(found.get(`/many/${name}`)?.content.toString()).toBe(name);
    expect(found.get('/many')?.content.length).toBeGreaterThan(4096);
  });

  it('stores equal contents once', () => {
    const tree = new FileTree();
    const content = Buffer.alloc(1_000_000, 'y');
    tree.write('a', content);
    tree.write('b', Buffer.from(content));
    expect(writeErofs(tree, options).length).toBeLessThan(1_200_000);
  });

  it('puts what is named first in front', () => {
    const tree = new FileTree();
    tree.write('a/other', Buffer.alloc(5000, 'o'));
    tree.write('usr/bin/first', Buffer.alloc(5000, 'f'));
    const image = writeErofs(tree, options);
    const first = image.indexOf(Buffer.alloc(4096, 'f'));
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(image.indexOf(Buffer.alloc(4096, 'o')));
  });

  it('is the same for the same tree, however it was put together', () => {
    const one = new FileTree();
    one.write('a', '1');
    one.write('b', '2');
    const two = new FileTree();
    two.write('b', '2');
    two.write('a', '1');
    expect(writeErofs(one, options).equals(writeErofs(two, options))).toBe(true);
  });
});
