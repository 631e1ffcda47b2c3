/** For tests: the whole engine over a machine whose agent is a fake. Images are real, in memory. */
import { packTar } from 'modern-tar';
import { FakeClock } from '../base/fake-clock.ts';
import { SeededRandom } from '../base/random.ts';
import { readAll, type HttpRequest } from '../http/index.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { ContainerRuntime } from '../runtime/container-runtime.ts';
import { FakeAgent } from '../runtime/containers/fake-agent.ts';
import { StoredContent } from '../runtime/content-store.ts';
import { ImageStore } from '../runtime/images/image-store.ts';
import { MemoryStorage } from '../storage/memory-storage.ts';
import type { ImageRunConfig, RegistryFetch } from '../runtime/types.ts';
import { DockerEngine } from './docker-engine.ts';

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** Turns after which everything in memory that was ready to run has run. */
const TURNS = 30;

export async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++)
    await new Promise<void>((resolve) => void setImmediate(resolve));
}

const emptyRegistry: RegistryFetch = ({ url }) => {
  const denied = { 'www-authenticate': 'Bearer realm="https://x/",error="insufficient_scope"' };
  return Promise.resolve(
    url.endsWith('/v2/')
      ? new Response('{}')
      : new Response('{}', { status: 401, headers: denied }),
  );
};

/** A request with a body of bytes, or one that becomes JSON. */
export function request(
  method: string,
  path: string,
  body?: unknown,
  more: Readonly<Record<string, string>> = {},
): HttpRequest {
  const isJson = body !== undefined && !(body instanceof Uint8Array);
  const headers = new Headers({
    ...(isJson ? { 'content-type': 'application/json' } : {}),
    ...more,
  });
  const bytes = body instanceof Uint8Array ? body.slice() : JSON.stringify(body);
  return {
    method,
    url: `http://localhost${path}`,
    headers,
    body: body === undefined ? null : new Blob([bytes]).stream(),
  };
}

export class TestDock {
  readonly agent = new FakeAgent();
  readonly clock = new FakeClock();
  readonly random = new SeededRandom(1);
  readonly storage = new MemoryStorage();
  images!: ImageStore;
  runtime!: ContainerRuntime;
  engine!: DockerEngine;

  readonly #registry: RegistryFetch;

  private constructor(registry: RegistryFetch) {
    this.#registry = registry;
  }

  /** With an image `busybox` that has this configuration, and a registry that has nothing for anybody. */
  static async open(
    config: ImageRunConfig = { Cmd: ['sh'], Env: ['PATH=/bin'] },
    registry: RegistryFetch = emptyRegistry,
  ): Promise<TestDock> {
    const dock = new TestDock(registry);
    await dock.#start();
    const { diffId } = await dock.images.addLayer(
      await packTar([{ header: { name: 'etc/', type: 'directory', size: 0 } }]),
    );
    await dock.images.add({
      config: {
        architecture: '386',
        os: 'linux',
        created: '2023-01-01T00:00:00Z',
        config,
        rootfs: { type: 'layers', diff_ids: [diffId] },
        history: [{ created_by: 'ADD rootfs' }],
      },
      layers: [diffId],
      tags: ['busybox:latest'],
    });
    return dock;
  }

  /** Ends the engine as a crash does, lets `meanwhile` happen, and starts another beside the same machine. */
  async replaceEngine(meanwhile: () => void = () => {}): Promise<void> {
    await this.close();
    meanwhile();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.runtime.close();
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer> {
    const { bytes, ...answer } = await this.callForBytes(method, path, body, headers);
    return { ...answer, body: new TextDecoder().decode(bytes) };
  }

  async callForBytes(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Omit<Answer, 'body'> & { readonly bytes: Uint8Array }> {
    const answer = await this.engine.handle(request(method, path, body, headers));
    if ('takeOver' in answer) throw new Error('The connection was taken over.');
    const content =
      answer.body instanceof ReadableStream ? await readAll(answer.body) : answer.body;
    return { status: answer.status, headers: answer.headers, bytes: content ?? new Uint8Array(0) };
  }

  /** The lines of JSON of an answer that goes on. */
  async lines(method: string, path: string, body?: unknown): Promise<unknown[]> {
    const answer = await this.call(method, path, body);
    return answer.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  }

  /** The JSON of an answer that must be 200. */
  async get(path: string): Promise<unknown> {
    const { status, body } = await this.call('GET', path);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body);
  }

  /** The id of a new container of `busybox`. */
  async create(name: string, body: object = {}): Promise<string> {
    const answer = await this.call('POST', `/v1.41/containers/create?name=${name}`, {
      Image: 'busybox',
      ...body,
    });
    if (answer.status !== 201) throw new Error(`create: ${answer.status} ${answer.body}`);
    return (JSON.parse(answer.body) as { Id: string }).Id;
  }

  async run(name: string, body: object = {}): Promise<string> {
    const id = await this.create(name, body);
    const answer = await this.call('POST', `/containers/${name}/start`);
    if (answer.status !== 204) throw new Error(`start: ${answer.status} ${answer.body}`);
    return id;
  }

  /** The container's process ends by itself. */
  exit(id: string, code: number): void {
    this.agent.exit(id, { code });
  }

  async #start(): Promise<void> {
    const { clock, random, storage } = this;
    const agent = new AgentClient(this.agent);
    const content = new StoredContent(storage);
    const registry = this.#registry;
    this.images = await ImageStore.open({ storage, content, registry, clock });
    this.runtime = new ContainerRuntime({
      agent,
      machine: {
        publishTree: () => Promise.resolve(),
        withdrawTree: () => Promise.resolve(),
        agentSettled: () => Promise.resolve(),
      },
      name: 'machine',
      images: this.images,
      content,
      storage,
      clock,
      random,
    });
    await this.runtime.recover();
    this.engine = await DockerEngine.open({
      runtime: this.runtime,
      guest: {
        call: (op, body) => agent.call(op, body),
        listenUnix: () => Promise.resolve(() => Promise.resolve()),
      },
      registry,
      clock,
      random,
    });
  }
}
