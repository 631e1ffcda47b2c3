import { FakeClock } from '../../base/fake-clock.ts';
import { SeededRandom } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { advance, settle } from '../../client/testing/settle.ts';
import type { Event, Pod, PodSpec } from '../../objects/generated/core-v1.generated.ts';
import type { ObjectMeta } from '../../objects/generated/meta-v1.generated.ts';
import type { MakeKubeletParts } from '../contracts.ts';
import { Kubelet } from '../kubelet.ts';
import { FakeCri } from './fake-cri.ts';
import { FakeNode } from './fake-node.ts';
import { PlainParts } from './plain-parts.ts';

/** A kubelet between an API and a runtime in memory, on a clock that stands still. */
export class KubeletWorld {
  readonly clock = new FakeClock(Date.parse('2026-01-01T00:00:00Z'));
  readonly api = new FakeApi();
  readonly cri = new FakeCri(this.clock);
  readonly node = new FakeNode();
  readonly errors: unknown[] = [];
  readonly client = new Client({
    transport: this.api.transport,
    clock: this.clock,
    userAgent: 'test',
  });
  parts = new PlainParts();
  #stop = new AbortController();

  /** Also again, after `stop`, as a kubelet that is started anew. @param makeParts instead of plain ones */
  async start(makeParts?: MakeKubeletParts): Promise<void> {
    this.parts = new PlainParts();
    this.#stop = new AbortController();
    const kubelet = new Kubelet({
      nodeName: 'worker-1',
      nodeIps: ['10.0.0.12'],
      client: this.client,
      cri: this.cri,
      agent: this.node.agent,
      clock: this.clock,
      random: new SeededRandom(1),
      makeParts: makeParts ?? (() => this.parts),
      onError: (error) => this.errors.push(error),
    });
    await kubelet.start(this.#stop.signal);
    await this.settle();
  }

  stop(): void {
    this.#stop.abort();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 6; turn++) await settle();
  }

  /** Moves time on. @param seconds in steps of a tenth, unless they are many */
  async after(seconds: number, step = 100): Promise<void> {
    await advance(this.clock, seconds * 1000, step);
    await this.settle();
  }

  /** A Pod bound to the node, with one container `main` of image `busybox` unless said otherwise. */
  async run(name: string, spec: Partial<PodSpec> = {}, metadata: ObjectMeta = {}): Promise<Pod> {
    const pod = await this.client.create(resources.pods, podOf(name, spec, metadata));
    await this.settle();
    return pod;
  }

  async pod(name: string): Promise<Pod> {
    return this.client.get(resources.pods, { namespace: 'default', name });
  }

  /** `Running ready=true main:running/0` */
  async summary(name: string): Promise<string> {
    const { status = {} } = await this.pod(name);
    const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
    const containers = [
      ...(status.initContainerStatuses ?? []),
      ...(status.containerStatuses ?? []),
      ...(status.ephemeralContainerStatuses ?? []),
    ].map(({ name: container, state = {}, restartCount }) => {
      const [kind = 'none'] = Object.keys(state);
      const reason = state.waiting?.reason ?? state.terminated?.reason;
      return `${container}:${reason ?? kind}/${restartCount}`;
    });
    return [status.phase, `ready=${ready}`, ...containers].join(' ');
  }

  /** `Normal Pulled Container image …`, of one Pod in the order in which they were first told. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.client.list(resources.events);
    return items
      .filter((event: Event) => event.involvedObject.name === name)
      .map(({ type, reason, message }) => `${type} ${reason} ${message}`);
  }

  /** Asks a Pod to go, as the API server does for `kubectl delete`. */
  async delete(name: string, gracePeriodSeconds = 30): Promise<void> {
    const deletionTimestamp = new Date(this.clock.now() + gracePeriodSeconds * 1000).toISOString();
    await this.client.patch(
      resources.pods,
      { namespace: 'default', name },
      {
        type: 'merge',
        patch: { metadata: { deletionTimestamp, deletionGracePeriodSeconds: gracePeriodSeconds } },
      },
    );
    await this.settle();
  }

  async exists(name: string): Promise<boolean> {
    return this.pod(name).then(
      () => true,
      () => false,
    );
  }
}

function podOf(name: string, spec: Partial<PodSpec> = {}, metadata: ObjectMeta = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', ...metadata },
    spec: {
      nodeName: 'worker-1',
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      containers: [{ name: 'main', image: 'busybox' }],
      ...spec,
    },
  };
}
