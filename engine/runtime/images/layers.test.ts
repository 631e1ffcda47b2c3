import { packTar, type TarHeader } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import type { PublishedTree, TreeNode } from '../../api/image-tree.ts';
import { StoredContent } from '../content-store.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import type { Digest } from '../types.ts';
import { LayerStore } from './layer-store.ts';
import { TarError, TarReader, type TarEntry } from './tar-reader.ts';

type Item = Partial<TarHeader> & { readonly name: string; readonly body?: string };

function tar(...items: readonly Item[]): Promise<Uint8Array> {
  return packTar(
    items.map(({ body = '', ...header }) => {
      const type = header.type ?? (header.name.endsWith('/') ? 'directory' : 'file');
      return {
        header: {
          mtime: new Date(5000),
          mode: type === 'directory' ? 0o755 : 0o644,
          ...header,
          type,
          size: body.length,
        },
        body,
      };
    }),
  );
}

function entries(bytes: Uint8Array, chunk = bytes.length): TarEntry[] {
  const found: TarEntry[] = [];
  const reader = new TarReader((entry) => found.push(entry));
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  reader.end();
  return found;
}

function outline({ root }: PublishedTree): string[] {
  const lines: string[] = [];
  const visit = (node: TreeNode, path: string): void => {
    for (const child of node.children ?? []) {
      lines.push(
        `${path}${child.name}${child.children === undefined ? '' : '/'}${child.target === undefined ? '' : ` -> ${child.target}`}`,
      );
      visit(child, `${path}${child.name}/`);
    }
  };
  visit(root, '');
  return lines;
}

async function merged(...layers: readonly Uint8Array[]) {
  const storage = new MemoryStorage();
  const store = new LayerStore(storage, new StoredContent(storage));
  const digests: Digest[] = [];
  for (const layer of layers) digests.push((await store.add(layer)).diffId);
  return store.tree(digests);
}

describe('TarReader', () => {
  it('finds contents whatever the chunks', async () => {
    const bytes = await tar(
      { name: 'a/', uid: 3 },
      { name: 'a/file', body: 'hello', mode: 0o4755 },
      { name: 'a/link', type: 'symlink', linkname: 'file' },
    );
    for (const chunk of [1, 7, 511, 512, 5000]) {
      const found = entries(bytes, chunk);
      expect(found.map(({ path, type }) => `${type} ${path}`)).toEqual([
        'directory a/',
        'file a/file',
        'symlink a/link',
      ]);
      const file = found[1];
      expect(new TextDecoder().decode(bytes.subarray(file?.offset, (file?.offset ?? 0) + 5))).toBe(
        'hello',
      );
      expect(file).toMatchObject({ mode: 0o4755, mtime: 5, size: 5 });
    }
  });

  it('reads long and foreign names from pax records', async () => {
    const long = `${'directory/'.repeat(30)}größe`;
    const found = entries(await tar({ name: long, body: 'x' }, { name: 'after', body: 'y' }));
    expect(found.map(({ path }) => path)).toEqual([long, 'after']);
  });

  it('refuses what is no tar, and one that is cut', async () => {
    expect(() => entries(new Uint8Array(512).fill(65))).toThrow(TarError);
    const bytes = await tar({ name: 'file', body: 'hello' });
    expect(() => entries(bytes.subarray(0, 515))).toThrow('unexpected EOF');
    expect(() => entries(bytes.subarray(0, 700))).not.toThrow();
  });
});

describe('merging layers', () => {
  it('adds, replaces, keeps directories, and hides with whiteouts wherever they stand', async () => {
    const { tree } = await merged(
      await tar(
        { name: 'etc/' },
        { name: 'etc/old', body: '1' },
        { name: 'etc/kept', body: '2' },
        { name: 'data/' },
        { name: 'data/lower', body: '3' },
        { name: 'file-then-dir', body: '4' },
      ),
      await tar(
        { name: 'data/' },
        { name: 'data/upper', body: '5' },
        { name: 'data/.wh..wh..opq' },
        { name: 'etc/', mode: 0o700 },
        { name: 'etc/.wh.old' },
        { name: 'etc/new', body: '6' },
        { name: 'file-then-dir/' },
      ),
    );
    expect(outline(tree)).toEqual([
      'data/',
      'data/upper',
      'etc/',
      'etc/kept',
      'etc/new',
      'file-then-dir/',
    ]);
    expect(tree.root.children?.[1]?.mode).toBe(0o040700);
  });

  it('a whiteout and a new entry of one layer leave the new entry', async () => {
    const { tree } = await merged(
      await tar({ name: 'x/' }, { name: 'x/old', body: '1' }),
      await tar({ name: 'x/' }, { name: 'x/new', body: '2' }, { name: '.wh.x' }),
    );
    expect(outline(tree)).toEqual(['x/', 'x/new']);
  });

  it('hard links share an inode, also across layers, and count', async () => {
    const { tree } = await merged(
      await tar({ name: 'a', body: 'same' }),
      await tar(
        { name: 'b', type: 'link', linkname: 'a' },
        { name: 'c', type: 'link', linkname: './b' },
      ),
    );
    expect(new Set(tree.root.children?.map((node) => node.inode)).size).toBe(1);
    expect(tree.root.children?.map((node) => [node.linkCount, node.source])).toEqual([
      [3, 0],
      [3, 0],
      [3, 0],
    ]);
  });

  it('goes through symbolic links of lower layers, never out of the root', async () => {
    const { tree } = await merged(
      await tar(
        { name: 'usr/' },
        { name: 'usr/lib/' },
        { name: 'lib', type: 'symlink', linkname: 'usr/lib' },
        { name: 'up', type: 'symlink', linkname: '../../usr' },
      ),
      await tar(
        { name: 'lib/new', body: '1' },
        { name: 'up/more', body: '2' },
        { name: '../../escape', body: '3' },
      ),
    );
    expect(outline(tree)).toEqual([
      'escape',
      'lib -> usr/lib',
      'up -> ../../usr',
      'usr/',
      'usr/lib/',
      'usr/lib/new',
      'usr/more',
    ]);
  });

  it('numbers inodes the same every time', async () => {
    const layers = [
      await tar({ name: 'b', body: '1' }, { name: 'a/' }, { name: 'a/c', body: '2' }),
    ];
    expect((await merged(...layers)).tree.root).toEqual((await merged(...layers)).tree.root);
  });
});

describe('MergedTree', () => {
  it('looks up through links, reads from the right layer, and archives', async () => {
    const image = await merged(
      await tar(
        { name: 'etc/' },
        { name: 'etc/passwd', body: 'root' },
        { name: 'alias', type: 'symlink', linkname: '/etc' },
      ),
      await tar(
        { name: 'etc/' },
        { name: 'etc/passwd', body: 'replaced' },
        { name: 'etc/same', type: 'link', linkname: 'etc/passwd' },
      ),
    );
    expect(image.lookup('/alias/passwd')?.path).toBe('/etc/passwd');
    expect(image.lookup('/alias', { followLast: false })?.node.target).toBe('/etc');
    expect(image.lookup('/nothing')).toBeUndefined();
    expect(new TextDecoder().decode(await image.readFile('/alias/passwd'))).toBe('replaced');
    await expect(image.readFile('/etc')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const archive = new Uint8Array(
      await new Response(image.archive('/alias', { contentsOnly: true })).arrayBuffer(),
    );
    expect(entries(archive).map(({ path, type, linkName }) => [path, type, linkName])).toEqual([
      ['passwd', 'file', ''],
      ['same', 'hardlink', 'passwd'],
    ]);
  });
});

describe('mount points', () => {
  it('are added where the image has none', async () => {
    const storage = new MemoryStorage();
    const store = new LayerStore(storage, new StoredContent(storage));
    const { diffId } = await store.add(
      await tar(
        { name: 'etc/' },
        { name: 'etc/hosts', body: 'own' },
        { name: 'dev', type: 'symlink', linkname: 'etc' },
      ),
    );
    const image = await store.tree([diffId], { mountPoints: true });
    expect(image.lookup('/etc/hosts')?.node.size).toBe(3);
    expect(image.lookup('/etc/pts')?.node.children).toEqual([]);
    expect(image.lookup('/etc/mtab', { followLast: false })?.node.target).toBe('/proc/mounts');
    expect((await store.tree([diffId])).lookup('/proc')).toBeUndefined();
  });
});
