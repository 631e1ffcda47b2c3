import type { ByteStream } from '../api/byte-stream.ts';
import type { DockerEngineOptions, DockerEngineService } from '../api/docker-engine.ts';
import type { OpenPort } from '../api/lab.ts';
import { HostedDockerEngine, type EngineHost } from './hosted-engine.ts';
import { OriginalDockerEngine } from './original/original-engine.ts';
import type { OpenHub } from '../runtime/registry/registries.ts';

/** The service of an engine's worker. Which engine it is, ours or the original one, its owner says when it starts it. */
export class EngineService implements DockerEngineService {
  readonly #host: EngineHost;
  #engine: DockerEngineService | undefined;

  constructor(host: EngineHost) {
    this.#host = host;
  }

  start(port: MessagePort, options: DockerEngineOptions, openHub: OpenHub): Promise<void> {
    this.#engine =
      options.kind === 'original' ? new OriginalDockerEngine() : new HostedDockerEngine(this.#host);
    return this.#engine.start(port, options, openHub);
  }

  watchPorts(onPorts: (ports: readonly OpenPort[]) => void): Promise<void> {
    return this.#started().watchPorts(onPorts);
  }

  connect(): Promise<ByteStream> {
    return this.#started().connect();
  }

  flush(): Promise<void> {
    return this.#started().flush();
  }

  saveImages(): Promise<Blob> {
    return this.#started().saveImages();
  }

  stop(): Promise<void> {
    return this.#started().stop();
  }

  #started(): DockerEngineService {
    if (this.#engine === undefined) throw new Error('The engine has not been started.');
    return this.#engine;
  }
}
