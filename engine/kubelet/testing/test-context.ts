import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { SharedInformers } from '../../client/informer/shared-informers.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import type { Node, Pod, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../objects/generated/meta-v1.generated.ts';
import { DEFAULT_CONFIGURATION } from '../configuration.ts';
import type { KubeletContext, NodeAgent, PodStore } from '../contracts.ts';
import { FakeCri } from './fake-cri.ts';
import { FakeNode } from './fake-node.ts';

/** What the parts of a kubelet get in unit tests: everything in memory, on a clock that stands still. */
export class TestContext implements KubeletContext {
  readonly nodeName = 'worker-1';
  readonly nodeIps = ['10.0.0.12'];
  readonly api = new FakeApi();
  readonly clock = new FakeClock(Date.parse('2026-11-26T18:00:00Z'));
  readonly random = new SeededRandom(1);
  readonly client = new Client({
    transport: this.api.transport,
    clock: this.clock,
    userAgent: 'kubelet/test',
  });
  readonly errors: unknown[] = [];
  readonly onError = (error: unknown): void => void this.errors.push(error);
  readonly informers = new SharedInformers(this);
  readonly cri = new FakeCri(this.clock);
  readonly fakeNode = new FakeNode();
  /** `fakeNode`'s, unless there is a real machine */
  readonly agent: NodeAgent;
  configuration = DEFAULT_CONFIGURATION;
  /** `Warning FailedMount …` */
  readonly recorded: string[] = [];
  readonly events = {
    pod: (_pod: Pod, type: string, reason: string, message: string): void =>
      void this.recorded.push(`${type} ${reason} ${message}`),
    node: (type: string, reason: string, message: string): void =>
      void this.recorded.push(`${type} ${reason} ${message}`),
  };
  /** the Pods of the node */
  readonly ownPods: Pod[] = [];
  readonly pods: PodStore = {
    list: () => this.ownPods,
    byUid: (uid) => this.ownPods.find(({ metadata }) => metadata.uid === uid),
    byName: (namespace, name) =>
      this.ownPods.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
      ),
    status: (uid) => this.pods.byUid(uid)?.status,
    runtime: () => undefined,
    running: () => [],
    isFinished: () => false,
    isTerminating: () => false,
    evict: () => Promise.resolve(),
    sync: () => undefined,
  };
  ownNode: Node | undefined = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: this.nodeName, labels: { 'kubernetes.io/hostname': this.nodeName } },
    spec: {},
    status: { allocatable: { cpu: '2', memory: '256Mi', 'ephemeral-storage': '1Gi' } },
  };

  constructor(agent?: NodeAgent) {
    this.agent = agent ?? this.fakeNode.agent;
  }

  node(): Node | undefined {
    return this.ownNode;
  }

  capacity(): { readonly cpu: number; readonly memory: number } {
    return { cpu: 2, memory: 2 ** 28 };
  }
}

/** A Pod of one container, `web`, unless the spec says otherwise. */
export function testPod(spec: Partial<PodSpec> = {}, metadata: ObjectMeta = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'uid-1', ...metadata },
    spec: {
      containers: [{ name: 'web', image: 'nginx' }],
      serviceAccountName: 'default',
      nodeName: 'worker-1',
      enableServiceLinks: true,
      ...spec,
    },
  };
}
