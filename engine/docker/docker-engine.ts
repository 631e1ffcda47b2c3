import type { Clock } from '../base/clock.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Random } from '../base/random.ts';
import type { OpenPort } from '../api/lab.ts';
import type { RegistryFetch, Runtime } from '../runtime/types.ts';
import { familiarName, parseReference } from '../runtime/images/reference.ts';
import { serveHttp, type HttpHandler } from '../http/index.ts';
import { attachRoutes } from './api/attach-routes.ts';
import { buildRoutes } from './api/build-route.ts';
import { containerRoutes } from './api/container-routes.ts';
import { containerStreamRoutes } from './api/container-stream-routes.ts';
import type { EngineServices } from './api/engine-services.ts';
import { execRoutes } from './api/exec-routes.ts';
import { imageArchiveRoutes } from './api/image-archive-routes.ts';
import { imageRoutes } from './api/image-routes.ts';
import { networkRoutes } from './api/network-routes.ts';
import { registryRoutes } from './api/registry-routes.ts';
import { createRouter } from './api/router.ts';
import { swarmRoutes } from './api/swarm-routes.ts';
import { systemRoutes } from './api/system-routes.ts';
import { volumeRoutes } from './api/volume-routes.ts';
import { removeLeftBuilds } from './builder/engine-build-host.ts';
import type { BuildElsewhere } from './builder/start-build.ts';
import { ContainerRecords } from './containers/container-record.ts';
import { Containers } from './containers/containers.ts';
import type { ContainerContext } from './containers/context.ts';
import { Execs } from './containers/execs.ts';
import type { Guest } from './guest.ts';
import { DockerNetworks } from './networks/networks.ts';
import { EventLog } from './system/event-log.ts';

/** The API this engine follows is that of Docker 20.10. */
const ENGINE_VERSION = '20.10.24+drydock';
export const SOCKET = '/var/run/docker.sock';
/** read and write for root and the group docker */
const SOCKET_MODE = 0o660;

export interface DockerEngineOptions {
  /** already recovered */
  readonly runtime: Runtime;
  readonly guest: Guest;
  readonly registry: RegistryFetch;
  readonly clock: Clock;
  readonly random: Random;
  /** for builds with big contexts */
  readonly buildElsewhere?: BuildElsewhere;
  /** failures of ours, which clients see as status 500 */
  readonly onError?: (error: unknown) => void;
}

/** What dockerd is to containerd: names, restart policies, events and the HTTP API over the container runtime. */
export class DockerEngine {
  /** one request of the API */
  readonly handle: HttpHandler;
  readonly #services: EngineServices;
  readonly #options: DockerEngineOptions;
  readonly #portsChanged = new Emitter<readonly OpenPort[]>();
  #stopListening: (() => Promise<void>) | undefined;
  #lastPorts = '[]';

  private constructor(options: DockerEngineOptions, services: EngineServices) {
    this.#options = options;
    this.#services = services;
    this.handle = createRouter(
      [
        systemRoutes(services),
        attachRoutes(services),
        containerStreamRoutes(services),
        containerRoutes(services),
        execRoutes(services),
        registryRoutes(services),
        imageArchiveRoutes(services),
        imageRoutes(services),
        networkRoutes(services),
        volumeRoutes(services),
        buildRoutes(services),
        swarmRoutes(),
      ],
      {
        version: ENGINE_VERSION,
        ...(options.onError === undefined ? {} : { onError: options.onError }),
      },
    );
    services.context.events.event(() => this.#checkPorts());
  }

  /** Finds its containers again and starts those that want to run. */
  static async open(options: DockerEngineOptions): Promise<DockerEngine> {
    const { runtime, clock, random, guest, registry } = options;
    const events = new EventLog(clock);
    const records = new ContainerRecords(runtime);
    const { hostname } = await guest.call('hello', {});
    const networks: DockerNetworks = new DockerNetworks(() => context);
    const context: ContainerContext = {
      runtime,
      records,
      networks,
      events,
      clock,
      random,
      hostname,
    };
    const execs = new Execs(context);
    const containers = new Containers(context, execs);
    runtime.images.events(({ action, id, name }) => {
      if (action === 'build') return;
      const labels = runtime.images.find(id)?.config.config?.Labels;
      // Pull and push are about the reference; everything else about the image.
      const [subject, called] =
        action === 'pull' || action === 'push'
          ? [name, familiarName(parseReference(name))]
          : [id, name];
      events.add('image', action, subject, { ...labels, name: called });
    });
    const engine = new DockerEngine(options, {
      context,
      containers,
      execs,
      guest,
      registry,
      buildElsewhere: options.buildElsewhere,
      version: ENGINE_VERSION,
    });
    await removeLeftBuilds(runtime);
    await containers.recover();
    engine.#checkPorts();
    return engine;
  }

  /** Serves the API on the machine's socket. */
  async listen(): Promise<void> {
    const { clock, guest, onError } = this.#options;
    this.#stopListening = await guest.listenUnix(SOCKET, SOCKET_MODE, (stream) => {
      void serveHttp(stream, this.handle, {
        now: () => clock.now(),
        ...(onError === undefined ? {} : { onError }),
      });
    });
  }

  /** Published ports of running containers. */
  ports(): readonly OpenPort[] {
    const { records, runtime } = this.#services.context;
    const known = new Set(runtime.containers().map(({ id }) => id));
    return records
      .list()
      .filter(({ id }) => known.has(id))
      .flatMap((record) =>
        (runtime.container(record.id).sandbox?.ports ?? []).map(
          ({ hostPort, protocol, containerPort }) => ({
            port: hostPort,
            protocol,
            container: record.name,
            containerPort,
            image: record.config.Image,
          }),
        ),
      )
      .toSorted((one, other) => one.port - other.port);
  }

  readonly onPorts: Event<readonly OpenPort[]> = this.#portsChanged.event;

  /** Stops serving. Containers go on. */
  async close(): Promise<void> {
    await this.#stopListening?.();
    this.#services.containers.close();
    this.#portsChanged.dispose();
  }

  #checkPorts(): void {
    const ports = this.ports();
    const text = JSON.stringify(ports);
    if (text === this.#lastPorts) return;
    this.#lastPorts = text;
    this.#portsChanged.fire(ports);
  }
}
