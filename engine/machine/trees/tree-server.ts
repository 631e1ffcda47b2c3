import type { PublishedTree, TreeNode } from '../../api/image-tree.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import { BlockCache, openContent, type OpenFile } from './content-source.ts';
import { attributesOf, entryBytes, fileSystemAttributes, ROOT_NODE } from './encode.ts';
import {
  Errno,
  HEADER_BYTES,
  MessageReader,
  MessageType,
  MessageWriter,
  NinePError,
  type Qid,
} from './protocol.ts';
import { qidOf, REGULAR, ServedNode, SYMLINK, type ServedTree } from './served-node.ts';

export interface TreeServerOptions {
  /** largest message in bytes; the guest may ask for less */
  readonly maxMessage?: number;
  /** bytes of layer contents kept in memory */
  readonly cacheBytes?: number;
  /** opens sources of kind `file`; only in Node */
  readonly openFile?: OpenFile;
  readonly clock?: Clock;
}

/** What a saved machine needs to go on: the guest still holds these fids and inode numbers. JSON-safe. */
export interface TreeServerState {
  readonly maxMessage: number;
  /** numbers behind the qid paths of each tree */
  readonly trees: Readonly<Record<string, number>>;
  /** fid, tree name (null for the root directory), names from the tree's root */
  readonly fids: readonly (readonly [fid: number, tree: string | null, path: readonly string[]])[];
}

type Reply = Uint8Array | Promise<Uint8Array>;

interface Fid {
  /** null for the root directory, which lists the trees */
  readonly tree: string | null;
  /** undefined for the root directory, and after a restore until the tree is published again */
  node: ServedNode | undefined;
  readonly path: readonly string[];
  /** entries as they were when reading began at offset 0 */
  listing?: readonly Entry[];
}

interface Entry {
  readonly name: string;
  readonly qid: Qid;
  readonly mode: number;
}

interface PublishedEntry extends ServedTree {
  readonly root: ServedNode;
}

const DEFAULT_MAX_MESSAGE = 512 * 1024;
const DEFAULT_CACHE_BYTES = 48 * 1024 * 1024;
/** How long a restored guest waits for a tree it knew before it gets ESTALE, in milliseconds. */
const RESTORED_TREE_WAIT = 60_000;
const MAX_WALK = 16;

/**
 * A read-only 9P2000.L server whose root directory holds the published trees by name. Everything
 * that writes is EROFS. It answers at once when the bytes are in memory, so that v86 can reply
 * before the guest looks away; else with a promise.
 *
 * Mount with `trans=virtio,version=9p2000.L,access=any,cache=loose,ro,msize=262144`: contents
 * under a name never change, so that dentries, attributes and pages may be cached for ever.
 * Left out on purpose: authentication, extended attributes, locks, writing.
 */
export class TreeServer {
  readonly #openFile: OpenFile | undefined;
  readonly #clock: Clock;
  readonly #cache: BlockCache;
  readonly #trees = new Map<string, PublishedEntry>();
  readonly #numbers = new Map<string, number>();
  readonly #fids = new Map<number, Fid>();
  /** trees that the guest knew before a restore and that nobody has published since */
  readonly #awaited = new Map<string, Set<() => void>>();
  readonly #pending = new Map<
    number,
    { readonly reply: Promise<Uint8Array>; readonly interrupt: (() => void) | undefined }
  >();
  #maxMessage: number;
  #interrupt: (() => void) | undefined;
  #requests = 0;

  constructor(options: TreeServerOptions = {}) {
    this.#maxMessage = options.maxMessage ?? DEFAULT_MAX_MESSAGE;
    this.#cache = new BlockCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    this.#openFile = options.openFile;
    this.#clock = options.clock ?? systemClock;
  }

  /** Messages handled so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Replaces a tree of the same name, which must have the same contents. */
  publish(name: string, tree: PublishedTree): void {
    this.#close(name);
    const served: ServedTree = {
      name,
      number: this.#numberOf(name),
      contents: tree.sources.map((source) => openContent(source, this.#cache, this.#openFile)),
    };
    this.#trees.set(name, { ...served, root: new ServedNode(served, tree.root, undefined) });
    this.#release(name);
  }

  /** The guest gets ESTALE for what it still holds of it. */
  withdraw(name: string): void {
    this.#close(name);
    this.#trees.delete(name);
    this.#release(name);
  }

  /** Take it while the guest is paused. */
  state(): TreeServerState {
    return {
      maxMessage: this.#maxMessage,
      trees: Object.fromEntries(this.#numbers),
      fids: [...this.#fids].map(([fid, { tree, path }]) => [fid, tree, path]),
    };
  }

  /** Goes on as the server that gave `state`. Requests for its trees wait until these are published again. */
  restore(state: TreeServerState): void {
    this.#maxMessage = state.maxMessage;
    this.#fids.clear();
    for (const [name, number] of Object.entries(state.trees)) {
      this.#numbers.set(name, number);
      if (!this.#trees.has(name)) this.#awaited.set(name, new Set());
    }
    for (const [fid, tree, path] of state.fids)
      this.#fids.set(fid, { tree, path, node: undefined });
  }

  /** One request to one reply. Never throws and never rejects: what it cannot serve is an Rlerror. */
  handle(request: Uint8Array): Reply {
    this.#requests++;
    const tag =
      request.length >= HEADER_BYTES ? (request[5] ?? 0) | ((request[6] ?? 0) << 8) : 0xffff;
    this.#interrupt = undefined;
    let reply: Reply;
    try {
      reply = this.#dispatch(request, tag);
    } catch (error) {
      return errorReply(error, tag);
    }
    if (reply instanceof Uint8Array) return reply;
    const settled = reply
      .catch((error: unknown) => errorReply(error, tag))
      .finally(() => this.#pending.delete(tag));
    this.#pending.set(tag, { reply: settled, interrupt: this.#interrupt });
    return settled;
  }

  #dispatch(request: Uint8Array, tag: number): Reply {
    if (request.length < HEADER_BYTES) throw new NinePError(Errno.EPROTO);
    const type = request[4] ?? 0;
    const message = new MessageReader(request);
    switch (type) {
      case MessageType.tversion:
        return this.#version(message, tag);
      case MessageType.tattach:
        return this.#attach(message, tag);
      case MessageType.tflush:
        return this.#flush(message, tag);
      case MessageType.twalk:
        return this.#walk(message, tag);
      case MessageType.tlopen:
        return this.#open(message, tag);
      case MessageType.tread:
        return this.#read(message, tag);
      case MessageType.treaddir:
        return this.#readDirectory(message, tag);
      case MessageType.tgetattr:
        return this.#withFid(message.u32(), (fid) =>
          attributesOf(fid.node?.node ?? ROOT_NODE, qidOfFid(fid)).finish(type + 1, tag),
        );
      case MessageType.treadlink:
        return this.#withFid(message.u32(), ({ node }) => {
          if (node?.type !== SYMLINK) throw new NinePError(Errno.EINVAL);
          return new MessageWriter().string(node.node.target ?? '').finish(type + 1, tag);
        });
      case MessageType.tstatfs:
        this.#fid(message.u32());
        return fileSystemAttributes().finish(type + 1, tag);
      case MessageType.txattrwalk:
        return this.#walkAttributes(message, tag);
      case MessageType.tclunk:
        if (!this.#fids.delete(message.u32())) throw new NinePError(Errno.EBADF);
        return new MessageWriter().finish(type + 1, tag);
      case MessageType.tfsync:
        return new MessageWriter().finish(type + 1, tag);
      case MessageType.tremove:
        this.#fids.delete(message.u32());
        throw new NinePError(Errno.EROFS);
      case MessageType.tlcreate:
      case MessageType.tsymlink:
      case MessageType.tmknod:
      case MessageType.trename:
      case MessageType.tsetattr:
      case MessageType.txattrcreate:
      case MessageType.tlink:
      case MessageType.tmkdir:
      case MessageType.trenameat:
      case MessageType.tunlinkat:
      case MessageType.twrite:
        throw new NinePError(Errno.EROFS);
      default:
        throw new NinePError(Errno.EOPNOTSUPP);
    }
  }

  /** A new session: every fid of the old one is gone. */
  #version(message: MessageReader, tag: number): Uint8Array {
    const wanted = message.u32();
    const version = message.string();
    if (wanted < 4096) throw new NinePError(Errno.EINVAL);
    this.#fids.clear();
    this.#maxMessage = Math.min(wanted, this.#maxMessage);
    return new MessageWriter()
      .u32(this.#maxMessage)
      .string(version.startsWith('9P2000.L') ? '9P2000.L' : 'unknown')
      .finish(MessageType.tversion + 1, tag);
  }

  #attach(message: MessageReader, tag: number): Uint8Array {
    const fid = message.u32();
    if (this.#fids.has(fid)) throw new NinePError(Errno.EBADF);
    const root: Fid = { tree: null, node: undefined, path: [] };
    this.#fids.set(fid, root);
    return new MessageWriter().qid(qidOfFid(root)).finish(MessageType.tattach + 1, tag);
  }

  /** The old request is answered first, so that the guest's buffers come back to it. */
  #flush(message: MessageReader, tag: number): Reply {
    const reply = new MessageWriter().finish(MessageType.tflush + 1, tag);
    const old = this.#pending.get(message.u16());
    if (old === undefined) return reply;
    old.interrupt?.();
    return old.reply.then(() => reply);
  }

  #walk(message: MessageReader, tag: number): Reply {
    const fid = message.u32();
    const newFid = message.u32();
    const count = message.u16();
    if (count > MAX_WALK) throw new NinePError(Errno.EINVAL);
    const names: string[] = [];
    for (let index = 0; index < count; index++) names.push(message.string());
    if (newFid !== fid && this.#fids.has(newFid)) throw new NinePError(Errno.EBADF);
    return this.#withFid(fid, (start) => {
      const [first] = names;
      const enters =
        start.tree === null && first !== undefined && this.#awaited.has(first) ? first : undefined;
      if (enters !== undefined)
        return this.#whenPublished(enters).then(() => this.#walkNames(start, newFid, names, tag));
      return this.#walkNames(start, newFid, names, tag);
    });
  }

  #walkNames(start: Fid, newFid: number, names: readonly string[], tag: number): Uint8Array {
    let node = start.node;
    const qids: Qid[] = [];
    for (const name of names) {
      try {
        node = this.#step(node, name);
      } catch (error) {
        if (qids.length === 0) throw error;
        break;
      }
      qids.push(node === undefined ? ROOT_QID : node.qid);
    }
    if (qids.length === names.length)
      this.#fids.set(newFid, { tree: node?.tree.name ?? null, node, path: node?.path() ?? [] });
    const reply = new MessageWriter(HEADER_BYTES + 2 + qids.length * 13).u16(qids.length);
    for (const qid of qids) reply.qid(qid);
    return reply.finish(MessageType.twalk + 1, tag);
  }

  #step(node: ServedNode | undefined, name: string): ServedNode | undefined {
    if (name === '..') return node?.parent;
    if (name === '.') return node;
    if (node !== undefined) return node.child(name);
    const tree = this.#trees.get(name);
    if (tree === undefined) throw new NinePError(Errno.ENOENT);
    return tree.root;
  }

  #open(message: MessageReader, tag: number): Reply {
    const number = message.u32();
    const flags = message.u32();
    // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
    if ((flags & 0o1103) !== 0) throw new NinePError(Errno.EROFS);
    return this.#withFid(number, (fid) =>
      new MessageWriter()
        .qid(qidOfFid(fid))
        .u32(0)
        .finish(MessageType.tlopen + 1, tag),
    );
  }

  #read(message: MessageReader, tag: number): Reply {
    const fid = message.u32();
    const offset = message.u64();
    const wanted = message.u32();
    return this.#withFid(fid, ({ node }) => {
      if (node === undefined || node.isDirectory) throw new NinePError(Errno.EISDIR);
      if (node.type !== REGULAR) throw new NinePError(Errno.EINVAL);
      const { size, source, offset: start = 0 } = node.node;
      const length = Math.max(
        0,
        Math.min(wanted, this.#maxMessage - HEADER_BYTES - 4, size - offset),
      );
      if (length === 0) return dataReply(new Uint8Array(0), tag);
      const contents = source === undefined ? undefined : node.tree.contents[source];
      if (contents === undefined) throw new NinePError(Errno.EIO);
      const check = (bytes: Uint8Array): Uint8Array => {
        if (bytes.length !== length) throw new NinePError(Errno.EIO);
        return dataReply(bytes, tag);
      };
      const bytes = contents.read(start + offset, length);
      return bytes instanceof Uint8Array ? check(bytes) : bytes.then(check);
    });
  }

  #readDirectory(message: MessageReader, tag: number): Reply {
    const number = message.u32();
    const offset = message.u64();
    const wanted = message.u32();
    return this.#withFid(number, (fid) => {
      if (fid.node !== undefined && !fid.node.isDirectory) throw new NinePError(Errno.ENOTDIR);
      if (offset === 0) fid.listing = this.#list(fid.node);
      const listing = (fid.listing ??= this.#list(fid.node));
      const limit = Math.min(wanted, this.#maxMessage - HEADER_BYTES - 4);
      const data = new MessageWriter(Math.min(limit, 16_384) + HEADER_BYTES);
      let start = HEADER_BYTES;
      for (let index = offset; index < listing.length; index++) {
        const entry = listing[index];
        if (entry === undefined) break;
        const size = entryBytes(entry.name);
        if (start - HEADER_BYTES + size > limit) break;
        data
          .qid(entry.qid)
          .u64(index + 1)
          .u8((entry.mode >> 12) & 15)
          .string(entry.name);
        start += size;
      }
      return dataReply(data.finish(0, 0).subarray(HEADER_BYTES), tag, MessageType.treaddir + 1);
    });
  }

  #list(node: ServedNode | undefined): Entry[] {
    const own = { qid: node?.qid ?? ROOT_QID, mode: node?.node.mode ?? ROOT_NODE.mode };
    const parent = {
      qid: node?.parent?.qid ?? ROOT_QID,
      mode: node?.parent?.node.mode ?? ROOT_NODE.mode,
    };
    const dots = [
      { name: '.', ...own },
      { name: '..', ...parent },
    ];
    if (node === undefined) {
      const trees = [...this.#trees].sort(([a], [b]) => (a < b ? -1 : 1));
      return [
        ...dots,
        ...trees.map(([name, { root }]) => ({ name, qid: root.qid, mode: root.node.mode })),
      ];
    }
    const children = node.node.children ?? [];
    return [
      ...dots,
      ...children.map((child: TreeNode) => ({
        name: child.name,
        qid: qidOf(node.tree.number, child),
        mode: child.mode,
      })),
    ];
  }

  /** No file has extended attributes: the list of names is empty, and every name is unknown. */
  #walkAttributes(message: MessageReader, tag: number): Uint8Array {
    const fid = this.#fid(message.u32());
    const newFid = message.u32();
    if (message.string() !== '') throw new NinePError(Errno.ENODATA);
    if (this.#fids.has(newFid)) throw new NinePError(Errno.EBADF);
    this.#fids.set(newFid, { ...fid });
    return new MessageWriter().u64(0).finish(MessageType.txattrwalk + 1, tag);
  }

  #fid(number: number): Fid {
    const fid = this.#fids.get(number);
    if (fid === undefined) throw new NinePError(Errno.EBADF);
    return fid;
  }

  /** Finds the node of a fid, again after a restore; waits when its tree is not back yet. */
  #withFid(number: number, use: (fid: Fid) => Reply): Reply {
    const fid = this.#fid(number);
    const { tree } = fid;
    if (tree === null) return use(fid);
    if (fid.node === undefined && this.#awaited.has(tree)) {
      return this.#whenPublished(tree).then(() => use(this.#resolve(fid, tree)));
    }
    return use(this.#resolve(fid, tree));
  }

  #resolve(fid: Fid, tree: string): Fid {
    const published = this.#trees.get(tree);
    if (published === undefined) throw new NinePError(Errno.ESTALE);
    if (fid.node?.tree.contents !== published.contents) {
      let node = published.root;
      for (const name of fid.path) node = node.child(name);
      fid.node = node;
    }
    return fid;
  }

  #whenPublished(name: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(() => {
        this.#awaited.delete(name);
        reject(new NinePError(Errno.ESTALE));
      }, RESTORED_TREE_WAIT);
      this.#interrupt = () => {
        timer.dispose();
        reject(new NinePError(Errno.EINTR));
      };
      this.#awaited.get(name)?.add(() => {
        timer.dispose();
        resolve();
      });
    });
  }

  #release(name: string): void {
    const waiting = this.#awaited.get(name);
    this.#awaited.delete(name);
    for (const go of waiting ?? []) go();
  }

  #close(name: string): void {
    for (const contents of this.#trees.get(name)?.contents ?? []) contents.close();
  }

  /** The same name gets the same number, also in another machine; 20 bits keep qid paths exact as doubles. */
  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    // FNV-1a
    let hash = 0x811c9dc5;
    for (let index = 0; index < name.length; index++)
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0;
    const taken = new Set(this.#numbers.values());
    let number = hash & 0xfffff || 1;
    while (taken.has(number)) number = (number % 0xfffff) + 1;
    this.#numbers.set(name, number);
    return number;
  }
}

const ROOT_QID: Qid = { type: 0x80, path: 1 };

function qidOfFid(fid: Fid): Qid {
  return fid.node?.qid ?? ROOT_QID;
}

function dataReply(
  bytes: Uint8Array,
  tag: number,
  type: number = MessageType.tread + 1,
): Uint8Array {
  return new MessageWriter(HEADER_BYTES + 4 + bytes.length)
    .u32(bytes.length)
    .raw(bytes)
    .finish(type, tag);
}

function errorReply(error: unknown, tag: number): Uint8Array {
  const errno = error instanceof NinePError ? error.errno : Errno.EIO;
  return new MessageWriter(HEADER_BYTES + 4).u32(errno).finish(MessageType.rlerror, tag);
}
