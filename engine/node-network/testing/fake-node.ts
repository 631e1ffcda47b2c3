import { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';
import { encodeMessage } from '../../machine/agent/messages.ts';
import { FakeNft, nftTransport } from '../../nftables/testing/fake-nft.ts';

/** A machine's agent with files, routes and nftables in memory. */
export class FakeNode {
  readonly nft = new FakeNft();
  readonly files = new Map<string, string>();
  /** gateways by range */
  readonly routes = new Map<string, string | undefined>();
  readonly batches: string[] = [];
  readonly agent = new AgentClient(
    nftTransport(
      this.nft,
      (op, request) => this.#call(op, request),
      (op, request) => this.#open(op, request),
    ),
  );

  #call(op: string, request: object): unknown {
    if (op === 'file.remove') {
      const { path } = request as { path: string };
      if (!this.files.delete(path)) throw new AgentError('ENOENT', path);
      return {};
    }
    if (op === 'file.stat') {
      const { path } = request as { path: string };
      if (!this.files.has(path)) throw new AgentError('ENOENT', path);
      return {};
    }
    const { argv, stdin = '' } = request as { argv: readonly string[]; stdin?: string };
    if (op !== 'run' || argv[0] !== 'ip') throw new Error(`no ${op} here`);
    if (argv.includes('-json')) {
      const routes = [...this.routes].map(([dst, gateway]) => ({ dst, gateway, dev: 'eth0' }));
      return { exit: { code: 0 }, stdout: JSON.stringify(routes), stderr: '' };
    }
    this.batches.push(stdin);
    const failures = stdin
      .split('\n')
      .filter((line) => line !== '' && !this.#route(line))
      .map((line) => `Command failed: ${line}`);
    return {
      exit: { code: Math.min(failures.length, 1) },
      stdout: '',
      stderr: failures.join('\n'),
    };
  }

  #route(line: string): boolean {
    const [, verb, range = '', way, gateway] = line.split(' ');
    if (verb === 'del') return this.routes.delete(range);
    this.routes.set(range, way === 'via' ? gateway : undefined);
    return true;
  }

  #open(op: string, request: object) {
    const { path } = request as { path: string };
    if (op !== 'file.write') return Promise.reject(new Error(`no ${op} here`));
    const answers = new TransformStream<Uint8Array, Uint8Array>();
    let text = '';
    const decoder = new TextDecoder();
    const writable = new WritableStream<Uint8Array>({
      write: (chunk) => void (text += decoder.decode(chunk, { stream: true })),
      close: async () => {
        this.files.set(path, text);
        const writer = answers.writable.getWriter();
        void writer.write(encodeMessage({}));
        void writer.close();
      },
    });
    return Promise.resolve({ reply: {}, stream: { readable: answers.readable, writable } });
  }
}
