import type { ByteStream } from '../../api/byte-stream.ts';
import type { DockerEngineOptions, DockerEngineService } from '../../api/docker-engine.ts';
import type { OpenPort } from '../../api/lab.ts';
import type { MachineService } from '../../api/machine.ts';
import { httpExchange, readAll } from '../../http/index.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { DOCKERD_ANSWERS, DOCKERD_LOG } from '../../machine/dockerd-answers.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import { SOCKET } from '../docker-engine.ts';
import { hubConnections, type OpenHub } from '../../runtime/registry/registries.ts';
import { listenAsHub } from './hub-listeners.ts';

/** What `GET /containers/json` says, as far as it is read here. */
interface ListedContainer {
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Ports: readonly {
    readonly PrivatePort: number;
    readonly PublicPort?: number;
    readonly Type: string;
  }[];
}

/**
 * The original Docker Engine of a machine of profile `docker-reference`: dockerd runs inside, and
 * this is its Docker Hub and the host's way to its API. Its containers and images are on the machine's disk.
 */
export class OriginalDockerEngine implements DockerEngineService {
  #agent: AgentClient | undefined;

  async start(port: MessagePort, _options: DockerEngineOptions, openHub: OpenHub): Promise<void> {
    const agent = new AgentClient(connectPort<MachineService>(port).service);
    await listenAsHub(agent, hubConnections(openHub));
    const { exit } = await agent.call('run', { argv: DOCKERD_ANSWERS });
    if (exit.code !== 0) {
      const { stdout } = await agent.call('run', { argv: ['tail', '-n', '5', DOCKERD_LOG] });
      throw new Error(`dockerd does not answer. The end of ${DOCKERD_LOG}:\n${stdout}`);
    }
    this.#agent = agent;
  }

  async watchPorts(onPorts: (ports: readonly OpenPort[]) => void): Promise<void> {
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'] }));
    const events = await this.#get(`/events?filters=${filters}`);
    const tell = async (): Promise<void> => onPorts(await this.#ports());
    await tell();
    void (async () => {
      try {
        for await (const _event of events.body ?? []) await tell();
      } catch {
        // The machine has gone, or dockerd.
      }
    })();
  }

  connect(): Promise<ByteStream> {
    if (this.#agent === undefined) throw new Error('The engine has not been started.');
    return this.#agent.dial({ network: 'unix', address: SOCKET });
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  saveImages(): Promise<Blob> {
    return Promise.resolve(new Blob([]));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  async #get(path: string): ReturnType<typeof httpExchange> {
    return httpExchange(await this.connect(), {
      method: 'GET',
      url: `http://docker${path}`,
      headers: new Headers({ host: 'docker' }),
      body: null,
    });
  }

  async #ports(): Promise<readonly OpenPort[]> {
    const { body } = await this.#get('/containers/json');
    const containers = JSON.parse(
      new TextDecoder().decode(await readAll(body)),
    ) as readonly ListedContainer[];
    return containers
      .flatMap(({ Names, Image, Ports }) =>
        Ports.flatMap(({ PrivatePort, PublicPort, Type }) =>
          PublicPort === undefined || (Type !== 'tcp' && Type !== 'udp')
            ? []
            : ({
                port: PublicPort,
                protocol: Type,
                container: (Names[0] ?? '').replace(/^\//, ''),
                containerPort: PrivatePort,
                image: Image,
              } satisfies OpenPort),
        ),
      )
      .toSorted((one, other) => one.port - other.port);
  }
}
