import { packTar, unpackTar, type TarEntry } from 'modern-tar';
import type { FileEvent, FileInfo } from '../../api/agent.ts';
import type { OpenedStream } from '../../api/machine.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { AgentTransport } from '../../machine/agent/agent-transport.ts';
import { encodeMessage } from '../../machine/agent/messages.ts';

interface FakeFile {
  readonly kind: 'file' | 'directory' | 'symlink';
  mode: number;
  uid: number;
  gid: number;
  content: Uint8Array<ArrayBuffer>;
  target: string;
}

interface RunResult {
  readonly code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

const MOST_LINKS = 40;
const decoder = new TextDecoder();

/**
 * A node's machine for unit tests: files, links, mounts and cgroups in memory, on the wire's own terms. Counts the
 * round trips. What the kernel does is for the scenarios on a real machine.
 */
export class FakeNode implements AgentTransport {
  readonly agent = new AgentClient(this);
  /** operations so far */
  readonly calls: string[] = [];
  /** operations that fail, as long as they are in here */
  readonly failures = new Map<string, AgentError>();
  /** what is mounted, by path: file.mount's request */
  readonly mounts = new Map<
    string,
    {
      readonly source: string;
      readonly type: string;
      readonly data: string;
      readonly flags: number;
    }
  >();
  /** files by path below /sys/fs/cgroup */
  readonly cgroups = new Map<string, Record<string, string>>();
  /** programs by name; others print nothing and succeed */
  readonly programs = new Map<string, (argv: readonly string[]) => RunResult>();
  readonly #files = new Map<string, FakeFile>([['/', directory()]]);

  /** who is told of changes below a path */
  readonly #watchers = new Map<ReadableStreamDefaultController<Uint8Array>, string>();

  constructor() {
    this.add('/etc/machine-id', '0123456789abcdef0123456789abcdef\n');
    this.add('/etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n');
    this.add('/proc/cpuinfo', 'processor\t: 0\n');
    this.add('/proc/sys/kernel/random/boot_id', 'b00710de-0000-4000-8000-000000000000\n');
    this.add('/etc/resolv.conf', 'nameserver 10.0.0.1\n');
    this.add('/etc/hosts', '127.0.0.1 localhost\n');
  }

  /** Puts a file there, with its directories. */
  add(path: string, text: string): void {
    this.#put(path, { ...directory(), kind: 'file', mode: 0o644, content: bytes(text) });
  }

  addLink(path: string, target: string): void {
    this.#put(path, { ...directory(), kind: 'symlink', mode: 0o777, target });
  }

  /** Takes a file away. */
  drop(path: string): void {
    this.#remove(path, false);
  }

  addDirectory(path: string): void {
    this.#put(path, directory());
  }

  /** Text of a file, links followed; undefined when it is not there. */
  text(path: string): string | undefined {
    const found = this.#files.get(this.#resolve(path) ?? '');
    return found?.kind === 'file' ? decoder.decode(found.content) : undefined;
  }

  /** `755 0:0`, or where a link leads; undefined when nothing is there */
  describe(path: string): string | undefined {
    const found = this.#files.get(path);
    if (found === undefined) return undefined;
    if (found.kind === 'symlink') return `-> ${found.target}`;
    return `${found.mode.toString(8)} ${found.uid}:${found.gid}`;
  }

  /** Names in a directory. */
  names(path: string): string[] {
    const start = path === '/' ? '/' : `${path}/`;
    return [...this.#files.keys()]
      .filter((name) => name !== '/' && name.startsWith(start))
      .map((name) => name.slice(start.length))
      .filter((name) => !name.includes('/'))
      .toSorted();
  }

  async agentCall(op: string, request: object): Promise<unknown> {
    this.#admit(op);
    const { path, argv, from, to, mode, recursive, target } = request as {
      readonly path: string;
      readonly argv: readonly string[];
      readonly from: string;
      readonly to: string;
      readonly mode?: number;
      readonly recursive?: boolean;
      readonly target: string;
    };
    switch (op) {
      case 'run': {
        const { code = 0, stdout = '', stderr = '' } = this.#run(argv);
        return { exit: { code, finishedAt: 0 }, stdout, stderr };
      }
      case 'hello':
        return { version: '1', kernel: '6.1.0', hostname: 'worker-1', bootMs: 1 };
      case 'stats':
        return {
          time: 0,
          cpu: { busyMs: 0, idleMs: 0 },
          network: { receivedBytes: 0, sentBytes: 0 },
          processes: 10,
          memory: { total: 2 ** 28, available: 2 ** 27 },
          disk: { total: 2 ** 30, used: 0, readBytes: 0, writtenBytes: 0 },
        };
      case 'file.stat':
        return this.#info(path);
      case 'file.list': {
        if (op === 'file.list' && this.cgroupNames(path) !== undefined)
          return { entries: this.cgroupNames(path) };
        this.#info(path);
        return { entries: this.names(path).map((name) => this.#info(`${path}/${name}`)) };
      }
      case 'file.mkdir': {
        const known = this.#files.get(path);
        if (known === undefined) this.#put(path, directory(mode));
        else if (known.kind !== 'directory')
          throw new AgentError('ENOTDIR', `mkdir ${path}: not a directory`);
        return {};
      }
      case 'file.remove':
        this.#remove(path, recursive === true);
        return {};
      case 'file.rename': {
        const moved = this.#files.get(from);
        if (moved === undefined) throw notThere('rename', from);
        this.#files.delete(from);
        this.#put(to, moved);
        return {};
      }
      case 'file.mount':
        this.#info(target);
        if (!this.mounts.has(target)) this.mounts.set(target, request as never);
        return {};
      case 'file.unmount':
        this.mounts.delete(path);
        return {};
      case 'cgroup.set': {
        const { files = {} } = request as { readonly files?: Record<string, string> };
        this.cgroups.set(path, { ...this.cgroups.get(path), ...files });
        return {};
      }
      case 'cgroup.remove':
        this.cgroups.delete(path);
        return {};
      default:
        throw new AgentError('EPROTO', `there is no operation "${op}"`);
    }
  }

  async agentOpen(op: string, request: object): Promise<OpenedStream> {
    this.#admit(op);
    const { path, mode, root } = request as {
      readonly path: string;
      readonly mode?: number;
      readonly root?: string;
    };
    switch (op) {
      case 'file.read': {
        const text = path === '/proc/self/mountinfo' ? this.#mountInfo() : this.text(path);
        if (text === undefined) throw notThere('open', path);
        return opened({ name: path, size: text.length }, bytes(text));
      }
      case 'tar.read': {
        this.#info(path);
        return opened({}, await packTar(this.#tarOf(path)));
      }
      case 'file.write':
        return collecting((content) => {
          this.#put(path, { ...directory(), kind: 'file', mode: mode ?? 0o644, content });
        });
      case 'file.watch':
        return this.#watch(path);
      case 'tar.write':
        return collecting((content) => this.#extract(content, root ?? ''));
      default:
        throw new AgentError('EPROTO', `there is no operation "${op}"`);
    }
  }

  agentListen(): Promise<() => Promise<void>> {
    return Promise.reject(new AgentError('EPROTO', 'This node does not listen.'));
  }

  /** Below /sys/fs/cgroup; undefined elsewhere. */
  cgroupNames(path: string): { name: string; kind: 'directory' }[] | undefined {
    const root = '/sys/fs/cgroup';
    if (!path.startsWith(root)) return undefined;
    const start = `${path.slice(root.length)}/`;
    return [...this.cgroups.keys()]
      .filter((name) => name.startsWith(start) && !name.slice(start.length).includes('/'))
      .map((name) => ({ name: name.slice(start.length), kind: 'directory' }));
  }

  #admit(op: string): void {
    this.calls.push(op);
    const failure = this.failures.get(op);
    if (failure !== undefined) throw failure;
  }

  #run(argv: readonly string[]): RunResult {
    const [name = ''] = argv;
    const program = this.programs.get(name);
    if (program !== undefined) return program(argv);
    // The one script that asks what paths really are.
    if (name === 'sh' && argv[2]?.includes('realpath') === true)
      return {
        stdout: argv
          .slice(4)
          .map((path) => `${this.#resolve(path) ?? ''}\0`)
          .join(''),
      };
    return {};
  }

  #info(path: string): FileInfo {
    const found = this.#files.get(this.#resolve(path, false) ?? '');
    if (found === undefined) throw notThere('lstat', path);
    const { kind, mode, uid, gid, content, target } = found;
    const name = path.slice(path.lastIndexOf('/') + 1);
    return {
      name,
      kind,
      size: content.length,
      mode,
      uid,
      gid,
      mtime: 0,
      ...(kind === 'symlink' ? { target } : {}),
    };
  }

  /** The path without links; undefined when nothing is there. */
  #resolve(path: string, followLast = true): string | undefined {
    let parts = path.split('/').filter((part) => part !== '');
    let resolved = '';
    for (let links = 0; parts.length > 0;) {
      const [part = '', ...rest] = parts;
      parts = rest;
      if (part === '..') {
        resolved = resolved.slice(0, Math.max(resolved.lastIndexOf('/'), 0));
        continue;
      }
      const next = `${resolved}/${part}`;
      const found = this.#files.get(next);
      if (found === undefined) return undefined;
      if (found.kind === 'symlink' && (followLast || parts.length > 0)) {
        if (++links > MOST_LINKS) return undefined;
        if (found.target.startsWith('/')) resolved = '';
        parts = [...found.target.split('/').filter((name) => name !== ''), ...parts];
      } else resolved = next;
    }
    return resolved === '' ? '/' : resolved;
  }

  #put(path: string, file: FakeFile): void {
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== '' && !this.#files.has(parent)) this.#put(parent, directory());
    this.#files.set(path, file);
    this.#tell('changed', path);
  }

  #watch(path: string): OpenedStream {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    const readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#watchers.set(controller, path);
      },
    });
    const writable = new WritableStream<Uint8Array>({
      close: () => {
        if (own === undefined) return;
        this.#watchers.delete(own);
        own.close();
      },
    });
    return { reply: {}, stream: { readable, writable } };
  }

  #tell(kind: FileEvent['kind'], path: string): void {
    for (const [watcher, root] of this.#watchers)
      if (path.startsWith(`${root}/`))
        watcher.enqueue(encodeMessage({ kind, path, isDirectory: false }));
  }

  #remove(path: string, recursive: boolean): void {
    if (!this.#files.has(path)) {
      if (recursive) return;
      throw notThere('remove', path);
    }
    for (const mount of this.mounts.keys())
      if (mount === path || mount.startsWith(`${path}/`))
        throw new AgentError('EBUSY', `unlinkat ${mount}: device or resource busy`);
    for (const name of this.#files.keys())
      if (name === path || name.startsWith(`${path}/`)) this.#files.delete(name);
    this.#tell('removed', path);
  }

  async #extract(tar: Uint8Array<ArrayBuffer>, root: string): Promise<void> {
    for (const { header, data } of await unpackTar(tar)) {
      const { name, type = 'file', mode = 0, uid = 0, gid = 0, linkname = '' } = header;
      const path = `${root}/${name.replace(/\/$/, '')}`;
      const kind = type === 'directory' ? 'directory' : type === 'symlink' ? 'symlink' : 'file';
      const content = data ?? new Uint8Array();
      this.#put(path, { kind, mode, uid, gid, content, target: linkname });
    }
  }

  #tarOf(path: string): TarEntry[] {
    return [...this.#files]
      .filter(([name]) => name.startsWith(`${path}/`))
      .map(([name, { kind, mode, content, target }]) => ({
        header: {
          name: name.slice(path.length + 1),
          type: kind,
          mode,
          size: content.length,
          ...(kind === 'symlink' ? { linkname: target } : {}),
        },
        ...(kind === 'file' ? { body: content } : {}),
      }));
  }

  #mountInfo(): string {
    return [...this.mounts]
      .map(([path, { type, source }]) => `36 35 0:1 / ${path} rw - ${type} ${source} rw\n`)
      .join('');
  }
}

function directory(mode = 0o755): FakeFile {
  return { kind: 'directory', mode, uid: 0, gid: 0, content: new Uint8Array(), target: '' };
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function notThere(operation: string, path: string): AgentError {
  return new AgentError('ENOENT', `${operation} ${path}: no such file or directory`);
}

function opened(reply: object, content: Uint8Array<ArrayBuffer>): OpenedStream {
  return {
    reply,
    stream: { readable: new Blob([content]).stream(), writable: new WritableStream() },
  };
}

/** A stream that takes what is sent, and says at the end how it went. */
function collecting(
  done: (content: Uint8Array<ArrayBuffer>) => void | Promise<void>,
): OpenedStream {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let reply: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => void (reply = controller),
  });
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => void chunks.push(new Uint8Array(chunk)),
    close: async () => {
      await done(new Uint8Array(await new Blob(chunks).arrayBuffer()));
      reply?.enqueue(encodeMessage({}));
      reply?.close();
    },
  });
  return { reply: {}, stream: { readable, writable } };
}
