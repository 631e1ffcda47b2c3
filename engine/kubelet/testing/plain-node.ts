import type { FileEvent, FileInfo } from '../../api/agent.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import type { NodeAgent } from '../contracts.ts';

/** Files of a node in memory, as far as the kubelet itself reads them. */
export class PlainNode {
  readonly files = new Map<string, string>([
    ['/etc/machine-id', '0123456789abcdef0123456789abcdef\n'],
    ['/proc/sys/kernel/random/boot_id', 'b00710de-0000-4000-8000-000000000000\n'],
    ['/proc/cpuinfo', 'processor\t: 0\n'],
    ['/etc/os-release', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'],
  ]);
  #wake: (() => void) | undefined;
  #isClosed = false;
  readonly #events: FileEvent[] = [];

  /** Writes or, without a text, removes a file, and tells who watches. */
  put(path: string, text: string | undefined): void {
    if (text === undefined) this.files.delete(path);
    else this.files.set(path, text);
    const kind = text === undefined ? 'removed' : 'changed';
    this.#events.push({ kind, path, isDirectory: false });
    this.#wake?.();
  }

  get agent(): NodeAgent {
    const agent = {
      call: async (op: string, { path = '' }: { readonly path?: string }) => this.#call(op, path),
      readFile: async (path: string) => new TextEncoder().encode(this.#read(path)),
      readTextFile: async (path: string) => this.#read(path),
      openFile: async ({ path }: { readonly path: string }) => {
        const text = this.#read(path);
        return { info: info(path, text), readable: new Blob([text]).stream() };
      },
      messages: async () => {
        const events = this.#watch();
        return {
          reply: {},
          close: async () => {
            this.#isClosed = true;
            this.#wake?.();
          },
          [Symbol.asyncIterator]: () => events,
        };
      },
    };
    return agent as unknown as NodeAgent;
  }

  async *#watch(): AsyncGenerator<FileEvent> {
    while (!this.#isClosed) {
      const event = this.#events.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #read(path: string): string {
    const text = this.files.get(path);
    if (text === undefined)
      throw new AgentError('ENOENT', `open ${path}: no such file or directory`);
    return text;
  }

  #call(op: string, path: string): unknown {
    switch (op) {
      case 'stats':
        return {
          memory: { total: 2 ** 28, available: 2 ** 27 },
          disk: { total: 2 ** 30, used: 0 },
        };
      case 'hello':
        return { version: '1', kernel: '6.1.0', hostname: 'worker-1', bootMs: 1 };
      case 'file.stat':
        return info(path, this.#read(path));
      case 'file.list':
        return {
          entries: [...this.files]
            .filter(([name]) => name.startsWith(`${path}/`))
            .map(([name, text]) => info(name, text)),
        };
      default:
        return {};
    }
  }
}

function info(path: string, text: string): FileInfo {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return { name, kind: 'file', size: text.length, mode: 0o644, uid: 0, gid: 0, mtime: 0 };
}
