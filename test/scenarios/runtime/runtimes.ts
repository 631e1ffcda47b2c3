import { onTestFinished } from 'vitest';
import type { SavedMachine } from '../../../engine/api/machine.ts';
import { systemClock } from '../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { fileSource } from '../../../engine/hub/file-source.node.ts';
import { openHub } from '../../../engine/hub/hub.ts';
import { AgentClient } from '../../../engine/machine/agent/agent-client.ts';
import { startMachine } from '../../../engine/machine/worker/machine-client.ts';
import { spawnNodeMachine } from '../../../engine/machine/worker/node-machine.node.ts';
import { ContainerRuntime } from '../../../engine/runtime/container-runtime.ts';
import { StoredContent } from '../../../engine/runtime/content-store.ts';
import { ImageStore } from '../../../engine/runtime/images/image-store.ts';
import { MemoryStorage } from '../../../engine/storage/memory-storage.ts';
import type {
  ContainerConfig,
  Image,
  OutputChunk,
  ProcessIo,
} from '../../../engine/runtime/types.ts';

const images = new URL('../../../engine/guest/dist/images', import.meta.url).pathname;

/** What of an engine outlives its machine. */
export interface HostSide {
  readonly storage: MemoryStorage;
  readonly content: StoredContent;
  readonly images: ImageStore;
}

export async function hostSide(): Promise<HostSide> {
  const storage = new MemoryStorage();
  const content = new StoredContent(storage);
  const { handle: registry } = await openHub({
    source: fileSource(images),
    storage: new MemoryStorage(),
    clock: systemClock,
    random: cryptoRandom,
  });
  return {
    storage,
    content,
    images: await ImageStore.open({
      storage,
      content,
      registry: (request) => {
        const headers = new Headers(request.headers);
        headers.set('host', new URL(request.url).host);
        return registry({ ...request, headers });
      },
      clock: systemClock,
    }),
  };
}

export class TestRuntime {
  readonly agent: AgentClient;
  readonly runtime: ContainerRuntime;
  readonly save: () => Promise<SavedMachine>;
  readonly #destroy: () => Promise<void>;

  private constructor(
    agent: AgentClient,
    runtime: ContainerRuntime,
    save: () => Promise<SavedMachine>,
    destroy: () => Promise<void>,
  ) {
    this.agent = agent;
    this.runtime = runtime;
    this.save = save;
    this.#destroy = destroy;
  }

  /** A machine of profile `docker` with a runtime on it; ends with the test unless it ended before. */
  static async start(host: HostSide, saved?: SavedMachine): Promise<TestRuntime> {
    const machine = await startMachine(spawnNodeMachine(), {
      profile: 'docker',
      hostname: 'test',
      start: saved === undefined ? { kind: 'restore' } : { kind: 'saved', state: saved },
    });
    const agent = new AgentClient(machine.service);
    const runtime = newRuntime(host, agent, machine.service);
    await runtime.recover();
    return new TestRuntime(
      agent,
      runtime,
      () => machine.service.save(),
      () => machine.destroy(),
    );
  }

  /** Another engine beside the same machine, as after a crash of the first. */
  async restartEngine(host: HostSide): Promise<ContainerRuntime> {
    await this.runtime.close();
    const runtime = newRuntime(host, this.agent, {
      publishTree: () => Promise.resolve(),
      withdrawTree: () => Promise.resolve(),
      agentSettled: () => Promise.resolve(),
    });
    await runtime.recover();
    onTestFinished(() => runtime.close());
    return runtime;
  }

  /** Runs a command of the machine, beside all containers. */
  async sh(command: string): Promise<string> {
    const { exit, stdout, stderr } = await this.agent.call('run', { argv: ['sh', '-c', command] });
    if (exit.code !== 0) throw new Error(`${command} ended with ${exit.code}: ${stderr}`);
    return stdout.trim();
  }

  /** Runs a container to its end. */
  async run(config: ContainerConfig): Promise<{
    readonly id: string;
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
  }> {
    const { id } = await this.runtime.createContainer(config);
    const { io } = await this.runtime.startContainer(id, { attach: true });
    if (io === undefined) throw new Error('Nothing was attached.');
    const output = await outputOf(io);
    return { id, code: (await io.exited).code, ...output };
  }

  async end(): Promise<void> {
    await this.runtime.close();
    await this.#destroy();
  }
}

function newRuntime(
  host: HostSide,
  agent: AgentClient,
  machine: ConstructorParameters<typeof ContainerRuntime>[0]['machine'],
): ContainerRuntime {
  return new ContainerRuntime({
    ...host,
    agent,
    machine,
    name: 'test',
    clock: systemClock,
    random: cryptoRandom,
  });
}

/** A container of `image` on docker0 with these changes. */
export function container(
  image: Image,
  args: readonly string[],
  changes: Partial<ContainerConfig> = {},
): ContainerConfig {
  return {
    image: image.id,
    sandbox: {
      kind: 'own',
      network: { kind: 'bridge', endpoints: [{ network: 'bridge' }] },
      ports: [],
    },
    args,
    env: image.config.config?.Env ?? [],
    tty: false,
    openStdin: false,
    mounts: [],
    resources: {},
    ...changes,
  };
}

export function publishing(
  hostPort: number,
  containerPort: number,
): Pick<ContainerConfig, 'sandbox'> {
  const ports = [{ protocol: 'tcp' as const, containerPort, hostPort }];
  return {
    sandbox: {
      kind: 'own',
      network: { kind: 'bridge', endpoints: [{ network: 'bridge' }] },
      ports,
    },
  };
}

export async function outputOf(io: ProcessIo): Promise<Record<OutputChunk['stream'], string>> {
  const texts = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of io.output) texts[stream] += new TextDecoder().decode(bytes);
  return texts;
}
