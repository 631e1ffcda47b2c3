import { describe, expect, it } from 'vitest';
import type { PublishedTree, TreeNode } from '../../api/image-tree.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { Errno, HEADER_BYTES, MessageReader, MessageType, MessageWriter } from './protocol.ts';
import { TreeServer } from './tree-server.ts';

const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);
const string = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

let inode = 10;
function node(name: string, mode: number, extra: Partial<TreeNode> = {}): TreeNode {
  return {
    name,
    mode,
    uid: 0,
    gid: 0,
    mtime: 1000,
    size: 0,
    inode: inode++,
    linkCount: 1,
    ...extra,
  };
}

const layer = text('..hello world..');
const sample: PublishedTree = {
  sources: [
    { kind: 'bytes', bytes: layer },
    { kind: 'blob', blob: new Blob([text('x'.repeat(300_000)), text('end')]) },
  ],
  root: node('', 0o040755, {
    children: [
      node('etc', 0o040755, {
        children: [
          node('motd', 0o100644, { size: 11, source: 0, offset: 2 }),
          node('link', 0o120777, { target: '../bin', size: 6 }),
        ],
      }),
      node('big', 0o100755, { uid: 7, gid: 8, size: 300_003, source: 1, offset: 0 }),
      node('null', 0o020666, { device: { major: 1, minor: 3 } }),
    ],
  }),
};

/** Speaks raw messages, and checks that reply and tag belong together. */
class Client {
  readonly server: TreeServer;
  #tag = 0;

  constructor(server: TreeServer) {
    this.server = server;
  }

  send(
    type: number,
    fill: (writer: MessageWriter) => MessageWriter,
  ): Uint8Array | Promise<Uint8Array> {
    this.#tag = (this.#tag + 1) % 0xffff;
    return this.server.handle(fill(new MessageWriter()).finish(type, this.#tag));
  }

  /** The reply's fields, or the error number. */
  async call(
    type: number,
    fill: (writer: MessageWriter) => MessageWriter,
  ): Promise<MessageReader | number> {
    const reply = await this.send(type, fill);
    const header = new MessageReader(reply, 0);
    expect(header.u32()).toBe(reply.length);
    expect((reply[5] ?? 0) | ((reply[6] ?? 0) << 8)).toBe(this.#tag);
    if (reply[4] === MessageType.rlerror) return new MessageReader(reply).u32();
    expect(reply[4]).toBe(type + 1);
    return new MessageReader(reply);
  }

  async start(msize = 65_536): Promise<void> {
    await this.call(MessageType.tversion, (m) => m.u32(msize).string('9P2000.L'));
    await this.call(MessageType.tattach, (m) =>
      m.u32(0).u32(0xffffffff).string('root').string('').u32(0),
    );
  }

  walk(fid: number, newFid: number, ...names: string[]): Promise<MessageReader | number> {
    return this.call(MessageType.twalk, (m) =>
      names.reduce((all, name) => all.string(name), m.u32(fid).u32(newFid).u16(names.length)),
    );
  }

  async read(fid: number, offset: number, count: number): Promise<string | number> {
    const reply = await this.send(MessageType.tread, (m) => m.u32(fid).u64(offset).u32(count));
    if (reply[4] === MessageType.rlerror) return new MessageReader(reply).u32();
    const length = new MessageReader(reply).u32();
    const bytes = reply.subarray(HEADER_BYTES + 4);
    expect(bytes.length).toBe(length);
    return string(bytes);
  }

  async list(fid: number, count = 8192): Promise<string[]> {
    const names: string[] = [];
    for (let offset = 0; ;) {
      const reply = await this.send(MessageType.treaddir, (m) => m.u32(fid).u64(offset).u32(count));
      const reader = new MessageReader(reply);
      let left = reader.u32();
      if (left === 0) return names;
      while (left > 0) {
        // qid type (1), version (4), path (8); then offset (8), type (1), name
        reader.u32();
        reader.u64();
        offset = Math.floor(reader.u64() / 256);
        reader.u16();
        const name = reader.string();
        left -= 13 + 8 + 1 + 2 + text(name).length;
        names.push(name);
      }
    }
  }
}

async function connected(): Promise<Client> {
  const server = new TreeServer({ clock: new FakeClock() });
  server.publish('image', sample);
  const client = new Client(server);
  await client.start();
  return client;
}

describe('TreeServer', () => {
  it('agrees on the smaller message and on the dialect', async () => {
    const client = new Client(new TreeServer({ maxMessage: 50_000 }));
    const reply = (await client.call(MessageType.tversion, (m) =>
      m.u32(65_536).string('9P2000.L'),
    )) as MessageReader;
    expect([reply.u32(), reply.string()]).toEqual([50_000, '9P2000.L']);
    const old = (await client.call(MessageType.tversion, (m) =>
      m.u32(8192).string('9P2000'),
    )) as MessageReader;
    expect([old.u32(), old.string()]).toEqual([8192, 'unknown']);
  });

  it('walks to a file and reads it, clipped at its end, without a turn of the event loop', async () => {
    const client = await connected();
    await client.walk(0, 1, 'image', 'etc', 'motd');
    await client.call(MessageType.tlopen, (m) => m.u32(1).u32(0));
    expect(await client.read(1, 0, 100)).toBe('hello world');
    expect(await client.read(1, 6, 100)).toBe('world');
    expect(await client.read(1, 11, 100)).toBe('');
    expect(client.send(MessageType.tread, (m) => m.u32(1).u64(0).u32(5))).toBeInstanceOf(
      Uint8Array,
    );
  });

  it('reads a blob across its blocks, and at once when they are cached', async () => {
    const client = await connected();
    await client.walk(0, 1, 'image', 'big');
    expect(await client.read(1, 262_140, 8)).toBe('xxxxxxxx');
    expect(await client.read(1, 299_999, 100)).toBe('xend');
    expect(client.send(MessageType.tread, (m) => m.u32(1).u64(299_999).u32(9))).toBeInstanceOf(
      Uint8Array,
    );
    expect(await client.read(1, 0, 1_000_000)).toHaveLength(65_536 - 11);
  });

  it('gives attributes, links and devices', async () => {
    const client = await connected();
    await client.walk(0, 1, 'image', 'big');
    const big = (await client.call(MessageType.tgetattr, (m) =>
      m.u32(1).u64(0x7ff),
    )) as MessageReader;
    expect(big.u64()).toBe(0x7ff);
    big.u32();
    big.u64();
    big.u16();
    await client.walk(0, 2, 'image', 'etc', 'link');
    const link = (await client.call(MessageType.treadlink, (m) => m.u32(2))) as MessageReader;
    expect(link.string()).toBe('../bin');
    expect(await client.call(MessageType.treadlink, (m) => m.u32(1))).toBe(Errno.EINVAL);
  });

  it('lists trees and directories, also in small pieces', async () => {
    const client = await connected();
    expect(await client.list(0)).toEqual(['.', '..', 'image']);
    await client.walk(0, 1, 'image');
    expect(await client.list(1, 60)).toEqual(['.', '..', 'etc', 'big', 'null']);
  });

  it('walks as far as it can: an error only for the first name', async () => {
    const client = await connected();
    expect(await client.walk(0, 1, 'nothing')).toBe(Errno.ENOENT);
    const part = (await client.walk(0, 1, 'image', 'nothing')) as MessageReader;
    expect(part.u16()).toBe(1);
    expect(await client.read(1, 0, 1)).toBe(Errno.EBADF);
    await client.walk(0, 1, 'image', 'big');
    expect(await client.walk(1, 2, 'below')).toBe(Errno.ENOTDIR);
    const up = (await client.walk(
      0,
      2,
      'image',
      'etc',
      '..',
      '..',
      '..',
      'image',
    )) as MessageReader;
    expect(up.u16()).toBe(6);
    expect(await client.walk(0, 1, 'image')).toBe(Errno.EBADF);
  });

  it('refuses to write, knows no attributes and no fid after clunk', async () => {
    const client = await connected();
    await client.walk(0, 1, 'image', 'big');
    expect(await client.call(MessageType.tlopen, (m) => m.u32(1).u32(1))).toBe(Errno.EROFS);
    for (const type of [
      MessageType.twrite,
      MessageType.tmkdir,
      MessageType.tunlinkat,
      MessageType.tsetattr,
    ]) {
      expect(await client.call(type, (m) => m.u32(1).u64(0).u64(0))).toBe(Errno.EROFS);
    }
    expect(
      await client.call(MessageType.txattrwalk, (m) =>
        m.u32(1).u32(5).string('security.capability'),
      ),
    ).toBe(Errno.ENODATA);
    const names = (await client.call(MessageType.txattrwalk, (m) =>
      m.u32(1).u32(5).string(''),
    )) as MessageReader;
    expect(names.u64()).toBe(0);
    expect(await client.call(MessageType.tclunk, (m) => m.u32(1))).toBeInstanceOf(MessageReader);
    expect(await client.call(MessageType.tclunk, (m) => m.u32(1))).toBe(Errno.EBADF);
    expect(await client.call(200, (m) => m)).toBe(Errno.EOPNOTSUPP);
  });

  it('answers ESTALE for what a withdrawn tree had', async () => {
    const client = await connected();
    await client.walk(0, 1, 'image', 'etc', 'motd');
    client.server.withdraw('image');
    expect(await client.read(1, 0, 5)).toBe(Errno.ESTALE);
    client.server.publish('image', sample);
    expect(await client.read(1, 0, 5)).toBe('hello');
  });

  it('goes on after a restore, and waits for trees that are not back', async () => {
    const before = await connected();
    await before.walk(0, 1, 'image', 'etc', 'motd');
    const state = JSON.parse(JSON.stringify(before.server.state())) as ReturnType<
      TreeServer['state']
    >;

    const clock = new FakeClock();
    const server = new TreeServer({ clock });
    server.restore(state);
    const after = new Client(server);
    const reading = after.read(1, 6, 5);
    const walking = after.walk(0, 2, 'image', 'big');
    server.publish('image', sample);
    expect(await reading).toBe('world');
    expect(await walking).toBeInstanceOf(MessageReader);
    expect(server.state().trees).toEqual(state.trees);
    expect(clock.pending).toBe(0);

    const forgotten = new TreeServer({ clock });
    forgotten.restore(state);
    const late = new Client(forgotten).read(1, 0, 5);
    clock.advance(60_000);
    expect(await late).toBe(Errno.ESTALE);
  });

  it('answers a flushed request before the flush', async () => {
    const before = await connected();
    const server = new TreeServer({ clock: new FakeClock() });
    server.restore({ ...before.server.state(), trees: { image: 5 } });
    const order: string[] = [];
    const walk = server.handle(
      new MessageWriter().u32(0).u32(3).u16(1).string('image').finish(MessageType.twalk, 77),
    );
    const flush = server.handle(new MessageWriter().u16(77).finish(MessageType.tflush, 78));
    await Promise.all([
      Promise.resolve(walk).then((reply) => order.push(`walk ${new MessageReader(reply).u32()}`)),
      Promise.resolve(flush).then(() => order.push('flush')),
    ]);
    expect(order).toEqual([`walk ${Errno.EINTR}`, 'flush']);
  });

  it('answers garbage with an error and stays usable', async () => {
    const client = await connected();
    const random = new SeededRandom(42);
    for (let round = 0; round < 2000; round++) {
      const junk = random.bytes(Math.floor(random.next() * 60));
      // Keep the session: Tversion would end it, and a clunk of fid 0 is legal.
      if (
        junk[4] === MessageType.tversion ||
        junk[4] === MessageType.tclunk ||
        junk[4] === MessageType.tremove
      )
        continue;
      const reply = await client.server.handle(junk);
      expect(reply.length).toBeGreaterThanOrEqual(HEADER_BYTES);
    }
    expect(await client.walk(0, 0x7777, 'image', 'big')).toBeInstanceOf(MessageReader);
  });
});
