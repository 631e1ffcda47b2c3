import { systemClock } from '../../../engine/base/clock.ts';
import { cryptoRandom } from '../../../engine/base/random.ts';
import { Client } from '../../../engine/client/client.ts';
import type { Stored } from '../../../engine/client/resource.ts';
import { resources } from '../../../engine/client/resources.ts';
import {
  startControlPlane,
  type ControlPlane,
} from '../../../engine/cluster/control-plane.node.ts';
import { toStandardError } from '../../../engine/cluster/components/standard-error.node.ts';
import { ControllerManager } from '../../../engine/controllers/controller-manager.ts';
import { descriptors } from '../../../engine/controllers/descriptors.ts';
import { composeKubelet } from '../../../engine/kubelet/compose-kubelet.ts';
import { Kubelet } from '../../../engine/kubelet/kubelet.ts';
import type {
  Container,
  Pod,
  PodSpec,
  PodStatus,
} from '../../../engine/objects/generated/core-v1.generated.ts';
import { hostSide } from '../runtime/runtimes.ts';
import { TestNode } from '../runtime/pods.ts';

const NODE = 'worker-1';
const ADMINISTRATOR = { username: 'kubernetes-admin', groups: ['system:masters'] };
/** Controllers that Pods and their volumes need. */
const CONTROLLERS = [
  'serviceaccount-controller',
  'root-ca-certificate-publisher-controller',
  'persistentvolume-binder-controller',
  'persistentvolume-protection-controller',
  'persistentvolumeclaim-protection-controller',
  'ephemeral-volume-controller',
  'simulated-storage-controller',
];

/** A real machine with a kubelet and a runtime, and a control plane in this process. There is no scheduler: Pods name the node. */
export class OneNode {
  readonly client: Client;
  readonly #plane: ControlPlane;
  readonly #node: TestNode;
  readonly #stop = new AbortController();
  /** of the kubelet alone */
  #kubelet = new AbortController();

  private constructor(plane: ControlPlane, node: TestNode) {
    this.#plane = plane;
    this.#node = node;
    this.client = this.#clientOf('test');
  }

  static async start(): Promise<OneNode> {
    const plane = await startControlPlane({ port: 0, onError: toStandardError('kube-apiserver') });
    const node = await TestNode.start(await hostSide());
    await node.connect();
    const started = new OneNode(plane, node);
    started.#runControllers();
    await started.#runKubelet();
    return started;
  }

  /** Another kubelet and runtime beside the same machine, after a crash of their worker. */
  async restartKubelet(): Promise<void> {
    this.#node.kill();
    this.#kubelet.abort();
    this.#kubelet = new AbortController();
    await this.#node.restart();
    await this.#runKubelet();
  }

  /** The worker crashes once it has asked the machine's agent for this; resolves when there is another. */
  async kubeletCrashesAt(op: string): Promise<void> {
    await this.#node.killedAt(op);
    await this.restartKubelet();
  }

  sh(command: string): Promise<string> {
    return this.#node.sh(command);
  }

  /** Creates a Pod on the node. Its only container, `main`, is of busybox unless the spec says otherwise. */
  async create(name: string, main: Partial<Container>, spec: Partial<PodSpec> = {}): Promise<void> {
    await this.client.create(resources.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: {
        nodeName: NODE,
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'busybox', ...main }],
        ...spec,
      },
    });
  }

  /** Waits until a Pod is as it is to be. */
  async until(name: string, holds: (pod: Stored<Pod>) => boolean): Promise<Stored<Pod>> {
    const field = { namespace: 'default', fieldSelector: `metadata.name=${name}` };
    const { metadata, items } = await this.client.list(resources.pods, field);
    const found = items.find(holds);
    if (found !== undefined) return found;
    const { resourceVersion = '' } = metadata;
    for await (const { object } of this.client.watch(resources.pods, { ...field, resourceVersion }))
      if (holds(object)) return object;
    throw new Error(`The watch of ${name} ended.`);
  }

  running(name: string): Promise<Stored<Pod>> {
    return this.until(name, ({ status }) =>
      (status?.containerStatuses ?? []).some(({ state }) => state?.running !== undefined),
    );
  }

  /** Creates a Pod whose container runs a script to its end, and returns what it printed. */
  async output(
    name: string,
    script: string,
    main: Partial<Container> = {},
    spec: Partial<PodSpec> = {},
  ): Promise<string> {
    await this.create(name, { command: ['sh', '-c', script], ...main }, spec);
    const { metadata } = await this.until(name, ({ status }) => hasEnded(status));
    return await this.log(metadata.uid, name, 'main');
  }

  /** What a container printed, by its log on the node. */
  async log(uid: string, name: string, container: string): Promise<string> {
    const path = `/var/log/pods/default_${name}_${uid}/${container}/0.log`;
    const text = await this.sh(`cat ${path}`);
    return text.replaceAll(/^\S+ \S+ [FP] /gm, '');
  }

  /** Waits for an event about a Pod, and returns its message. */
  async event(name: string, reason: string): Promise<string> {
    const field = {
      namespace: 'default',
      fieldSelector: `involvedObject.name=${name},reason=${reason}`,
    };
    const { metadata, items } = await this.client.list(resources.events, field);
    const [found] = items;
    if (found !== undefined) return found.message ?? '';
    const { resourceVersion = '' } = metadata;
    for await (const { object } of this.client.watch(resources.events, {
      ...field,
      resourceVersion,
    }))
      return object.message ?? '';
    throw new Error(`The watch of events of ${name} ended.`);
  }

  async delete(name: string): Promise<void> {
    await this.client.delete(resources.pods, { namespace: 'default', name });
  }

  /** Deletes a Pod and waits until it has gone. */
  async deleted(name: string): Promise<void> {
    await this.delete(name);
    const field = { namespace: 'default', fieldSelector: `metadata.name=${name}` };
    const { metadata, items } = await this.client.list(resources.pods, field);
    if (items.length === 0) return;
    const { resourceVersion = '' } = metadata;
    for await (const { type } of this.client.watch(resources.pods, { ...field, resourceVersion }))
      if (type === 'DELETED') return;
  }

  async end(): Promise<void> {
    this.#kubelet.abort();
    this.#stop.abort();
    await this.#node.end();
    await this.#plane.close();
  }

  #clientOf(userAgent: string): Client {
    return new Client({
      transport: this.#plane.transport(ADMINISTRATOR),
      clock: systemClock,
      userAgent,
    });
  }

  #runControllers(): void {
    const { pki } = this.#plane;
    const manager = new ControllerManager({
      descriptors: descriptors.filter(({ name }) => CONTROLLERS.includes(name)),
      configuration: {
        hostName: 'test',
        rootCa: pki.ca.certificate,
        serviceAccountKey: pki.serviceAccount.key,
      },
      clientOf: (account = 'kube-controller-manager') => this.#clientOf(account),
      clock: systemClock,
      random: cryptoRandom,
      onError: toStandardError('kube-controller-manager'),
    });
    void manager.run(this.#stop.signal);
  }

  async #runKubelet(): Promise<void> {
    const kubelet = new Kubelet({
      nodeName: NODE,
      nodeIps: ['10.0.0.12'],
      client: this.#clientOf('kubelet'),
      cri: this.#node.cri,
      agent: this.#node.workerAgent,
      clock: systemClock,
      random: cryptoRandom,
      makeParts: composeKubelet,
      onError: toStandardError('kubelet'),
    });
    await kubelet.start(this.#kubelet.signal);
  }
}

export function hasEnded(status: PodStatus | undefined): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
