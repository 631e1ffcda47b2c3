import type { AgentCalls } from '../api/agent.ts';
import type { ByteStream } from '../api/byte-stream.ts';
import type { DockerEngineOptions, DockerEngineService } from '../api/docker-engine.ts';
import type { OpenPort } from '../api/lab.ts';
import type { MachineService } from '../api/machine.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { serveHttp } from '../http/index.ts';
import { AgentClient } from '../machine/agent/agent-client.ts';
import { connectPort } from '../rpc/rpc-client.ts';
import type { WorkerLink } from '../rpc/worker-link.ts';
import { StoredContent } from '../runtime/content-store.ts';
import { ContainerRuntime } from '../runtime/container-runtime.ts';
import { ImageStore } from '../runtime/images/image-store.ts';
import type { Storage } from '../storage/storage.ts';
import { buildInWorker } from './builder/build-worker.ts';
import { DockerEngine } from './docker-engine.ts';
import type { Guest } from './guest.ts';
import { registries, type OpenHub } from '../runtime/registry/registries.ts';

/** What the engine needs from the worker it runs in. */
export interface EngineHost {
  openStorage(options: DockerEngineOptions): Promise<Storage>;
  /** A worker that serves `BuildWorker`. */
  spawnBuild(): WorkerLink;
  readonly clock: Clock;
  readonly random: Random;
  /** failures of ours that clients see as status 500 */
  readonly onError: (error: unknown) => void;
}

/** The engine as a worker's service: runtime and API over the port of a machine. */
export class HostedDockerEngine implements DockerEngineService {
  readonly #host: EngineHost;
  #engine: DockerEngine | undefined;
  #runtime: ContainerRuntime | undefined;
  #images: ImageStore | undefined;

  constructor(host: EngineHost) {
    this.#host = host;
  }

  async start(port: MessagePort, options: DockerEngineOptions, openHub: OpenHub): Promise<void> {
    const { clock, random, onError } = this.#host;
    const machine = connectPort<MachineService>(port).service;
    const agent = new AgentClient(machine);
    const storage = await this.#host.openStorage(options);
    const registry = registries(openHub, (address) => agent.dial({ network: 'tcp', address }));
    const content = new StoredContent(storage);
    if (options.images === 'none') await ImageStore.clear({ storage, content });
    else if (options.images !== undefined)
      await ImageStore.unpack(
        options.images.stream().pipeThrough(new DecompressionStream('gzip')),
        { storage, content },
      );
    const images = await ImageStore.open({ storage, content, registry, clock });
    const runtime = new ContainerRuntime({
      agent,
      machine,
      name: options.machine,
      images,
      content,
      storage,
      clock,
      random,
    });
    await runtime.recover();
    if (options.images !== undefined) await images.collectLayers();
    this.#runtime = runtime;
    this.#images = images;
    this.#engine = await DockerEngine.open({
      runtime,
      guest: guestOver(agent),
      registry,
      clock,
      random,
      onError,
      buildElsewhere: (host, ...build) =>
        buildInWorker(() => this.#host.spawnBuild(), { host, storage }, ...build),
    });
    await this.#engine.listen();
  }

  watchPorts(onPorts: (ports: readonly OpenPort[]) => void): Promise<void> {
    const engine = this.#started();
    engine.onPorts(onPorts);
    onPorts(engine.ports());
    return Promise.resolve();
  }

  connect(): Promise<ByteStream> {
    const engine = this.#started();
    const up = new TransformStream<Uint8Array, Uint8Array>();
    const down = new TransformStream<Uint8Array, Uint8Array>();
    void serveHttp({ readable: up.readable, writable: down.writable }, engine.handle);
    return Promise.resolve({ readable: down.readable, writable: up.writable });
  }

  async flush(): Promise<void> {
    await this.#runtime?.flush();
  }

  async saveImages(): Promise<Blob> {
    if (this.#images === undefined) throw new Error('The engine has not been started.');
    return new Response(this.#images.pack().pipeThrough(new CompressionStream('gzip'))).blob();
  }

  async stop(): Promise<void> {
    await this.#engine?.close();
    await this.#runtime?.flush();
    await this.#runtime?.close();
  }

  #started(): DockerEngine {
    if (this.#engine === undefined) throw new Error('The engine has not been started.');
    return this.#engine;
  }
}

function guestOver(agent: AgentClient): Guest {
  return {
    call: <Op extends keyof AgentCalls>(op: Op, request: AgentCalls[Op]['request']) =>
      agent.call(op, request),
    listenUnix: (path, mode, onConnection) =>
      agent.listen({ network: 'unix', address: path, mode }, (_remote, stream) =>
        onConnection(stream),
      ),
  };
}
