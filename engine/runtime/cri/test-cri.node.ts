/** For tests: the CRI over a runtime whose machine's agent is a fake, with an image `app`. */
import { FakeAgent } from '../containers/fake-agent.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { SeededRandom } from '../../base/random.ts';
import { MemoryStorage } from '../../storage/memory-storage.ts';
import { testRuntime, type TestRuntime } from '../test-runtime.node.ts';
import { CriRuntime } from './cri-runtime.ts';
import type { ContainerEvent, CriContainerConfig, PodSandboxConfig } from './types.ts';

export interface TestCri extends TestRuntime {
  readonly cri: CriRuntime;
  readonly told: ContainerEvent[];
  /** id of the image */
  readonly image: string;
}

/** The caller closes the runtime. */
export async function testCri(
  storage = new MemoryStorage(),
  agent = new FakeAgent(),
  seed = 2,
): Promise<TestCri> {
  const made = await testRuntime(storage, agent);
  const cri = new CriRuntime({
    runtime: made.runtime,
    agent: new AgentClient(agent),
    clock: made.clock,
    random: new SeededRandom(seed),
  });
  await cri.recover();
  const told: ContainerEvent[] = [];
  cri.containerEvents((event) => told.push(event));
  return { ...made, cri, told, image: made.images.get('app').id };
}

export function podConfig(changes: Partial<PodSandboxConfig> = {}): PodSandboxConfig {
  return {
    metadata: { name: 'web', uid: 'uid-1', namespace: 'default', attempt: 0 },
    hostname: 'web',
    logDirectory: '/var/log/pods/default_web_uid-1',
    dns: { servers: ['10.96.0.10'], searches: ['svc.cluster.local'], options: ['ndots:5'] },
    portMappings: [{ protocol: 'TCP', containerPort: 80, hostPort: 8080 }],
    labels: { app: 'web' },
    annotations: {},
    cgroupParent: '/kubepods/besteffort/poduid-1',
    sysctls: {},
    namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
    ...changes,
  };
}

export function appConfig(
  image: string,
  changes: Partial<CriContainerConfig> = {},
): CriContainerConfig {
  return {
    metadata: { name: 'app', attempt: 0 },
    image,
    userSpecifiedImage: 'app',
    command: ['serve'],
    args: [],
    envs: [{ key: 'MODE', value: 'test' }],
    mounts: [],
    devices: [],
    labels: { 'io.kubernetes.container.name': 'app' },
    annotations: { hash: '1' },
    logPath: 'app/0.log',
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    securityContext: {
      addCapabilities: [],
      dropCapabilities: [],
      privileged: false,
      namespaces: { network: 'POD', pid: 'CONTAINER', ipc: 'POD' },
      supplementalGroups: [],
      readonlyRootfs: false,
      noNewPrivileges: false,
      seccomp: { profileType: 'RuntimeDefault' },
    },
    ...changes,
  };
}
