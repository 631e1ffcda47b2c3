import type { Disposable } from '../../base/disposable.ts';
import { sleep } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Informer } from '../../client/informer/informer.ts';
import type { Stored } from '../../client/resource.ts';
import type { Node, NodeStatus } from '../../objects/generated/core-v1.generated.ts';
import type { CriVersion, RuntimeCondition } from '../../runtime/cri/types.ts';
import type { KubeletContext, NodePressure } from '../contracts.ts';
import { isSame } from '../status/status-patch.ts';
import { readNodeFacts, type NodeFacts } from './node-facts.ts';
import { nodeObject, nodeStatus, systemLabels } from './node-object.ts';

export interface NodeReporterOptions {
  readonly context: KubeletContext;
  readonly nodes: Informer<Node>;
  readonly pressure: () => NodePressure | undefined;
  /** the network of Pods became ready or ceased to be, or the node is in the API */
  readonly onChange: () => void;
}

/** Milliseconds between questions to the runtime how it is: until all is well, and then. */
const ANXIOUS_MS = 500;
const CALM_MS = 5000;
/** Milliseconds until registration is tried again, doubled up to the most. */
const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = 7000;

/** Registers the node, keeps its status true, and knows whether Pods can run (upstream's kubelet_node_status.go). */
export class NodeReporter implements Disposable {
  readonly #options: NodeReporterOptions;
  #facts: NodeFacts | undefined;
  #version: CriVersion = { runtimeName: '', runtimeVersion: '', runtimeApiVersion: 'v1' };
  #runtimeProblem: string | undefined = 'container runtime status check may not have completed yet';
  #networkProblem: string | undefined = 'network state unknown';
  #podCidr: string | undefined;
  /** milliseconds of the clock when the status was written last */
  #reported = Number.NEGATIVE_INFINITY;
  /** A node that somebody deletes later is made again only by a kubelet that starts. */
  #isRegistered = false;
  #isReporting = false;
  #again = false;
  readonly #stop = new AbortController();

  constructor(options: NodeReporterOptions) {
    this.#options = options;
  }

  /** Learns what the machine and the runtime are. */
  async look(): Promise<void> {
    const { agent, cri } = this.#options.context;
    this.#facts = await readNodeFacts(agent);
    this.#version = await cri.version();
  }

  /** Works on until disposed. */
  async start(): Promise<void> {
    this.#options.nodes.addHandler({
      onAdd: (node) => {
        this.#see(node);
        this.#options.onChange();
      },
      onUpdate: (_before, node) => this.#see(node),
    });
    await this.#checkRuntime();
    void this.#register();
    void this.#watchRuntime();
    void this.#reportAtTimes();
  }

  /** As it registers, or registered, itself. */
  async initialNode(): Promise<Node> {
    const { nodeName, configuration } = this.#options.context;
    return { ...nodeObject(nodeName, configuration), status: await this.#status({}) };
  }

  get facts(): NodeFacts | undefined {
    return this.#facts;
  }

  get runtimeName(): string {
    return this.#version.runtimeName;
  }

  /** Why Pods cannot have a network; undefined when they can. */
  get networkProblem(): string | undefined {
    return this.#networkProblem;
  }

  /** Writes the status now, because something in it changed. */
  report(): void {
    if (!this.#isRegistered) return;
    if (this.#isReporting) {
      this.#again = true;
      return;
    }
    this.#isReporting = true;
    this.#report()
      .catch(this.#options.context.onError)
      .finally(() => {
        this.#isReporting = false;
        if (!this.#again || this.#stop.signal.aborted) return;
        this.#again = false;
        this.report();
      });
  }

  dispose(): void {
    this.#stop.abort();
  }

  #see(node: Stored<Node>): void {
    if (node.metadata.name !== this.#options.context.nodeName) return;
    const { podCIDR } = node.spec ?? {};
    if (podCIDR === undefined || podCIDR === this.#podCidr) return;
    this.#podCidr = podCIDR;
    const { cri, onError } = this.#options.context;
    cri
      .updateRuntimeConfig({ podCidr: podCIDR })
      .then(() => this.#checkRuntime())
      .catch((error: unknown) => {
        this.#podCidr = undefined;
        onError(error);
      });
  }

  async #register(): Promise<void> {
    const { context } = this.#options;
    const { clock, onError } = context;
    const { signal } = this.#stop;
    for (let retry = FIRST_RETRY_MS; !signal.aborted; retry = Math.min(retry * 2, MOST_RETRY_MS)) {
      try {
        await this.#tryRegister();
        this.#isRegistered = true;
        this.report();
        return;
      } catch (error) {
        onError(new Error(`Unable to register node with API server: ${messageOf(error)}`));
        await sleep(clock, retry, signal).catch(() => undefined);
      }
    }
  }

  async #tryRegister(): Promise<void> {
    const { client, nodeName, configuration } = this.#options.context;
    const node = await this.initialNode();
    try {
      if (configuration.registerNode) await client.create(resources.nodes, node);
      this.#tellTransitions({}, node.status ?? {});
      return;
    } catch (error) {
      if (reasonOf(error) !== 'AlreadyExists') throw error;
    }
    // It was there in an earlier life: labels that are the kubelet's own are put right.
    const existing = await client.get(resources.nodes, { name: nodeName });
    const labels = systemLabels(nodeName);
    const isRight = Object.entries(labels).every(
      ([name, value]) => existing.metadata.labels?.[name] === value,
    );
    if (isRight) return;
    const patch = { metadata: { labels } };
    await client.patch(resources.nodes, { name: nodeName }, { type: 'strategic', patch });
  }

  async #watchRuntime(): Promise<void> {
    const { clock, onError } = this.#options.context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const isWell = this.#runtimeProblem === undefined && this.#networkProblem === undefined;
      await sleep(clock, isWell ? CALM_MS : ANXIOUS_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.#checkRuntime().catch(onError);
    }
  }

  async #checkRuntime(): Promise<void> {
    const { cri } = this.#options.context;
    let conditions: readonly RuntimeCondition[] = [];
    let failure: string | undefined;
    try {
      conditions = await cri.status();
    } catch (error) {
      failure = messageOf(error);
    }
    const before = [this.#runtimeProblem, this.#networkProblem].join('\n');
    this.#runtimeProblem =
      failure === undefined
        ? problemOf(conditions, 'RuntimeReady', 'container runtime')
        : 'container runtime is down';
    const hadNetwork = this.#networkProblem === undefined;
    if (failure === undefined)
      this.#networkProblem = problemOf(conditions, 'NetworkReady', 'container runtime network');
    if ((this.#networkProblem === undefined) !== hadNetwork) this.#options.onChange();
    if (before !== [this.#runtimeProblem, this.#networkProblem].join('\n')) this.report();
  }

  async #reportAtTimes(): Promise<void> {
    const { clock, configuration } = this.#options.context;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await sleep(clock, configuration.nodeStatusUpdateFrequency, signal).catch(() => undefined);
      if (!signal.aborted) this.report();
    }
  }

  async #status(known: NodeStatus): Promise<NodeStatus> {
    const { context, pressure } = this.#options;
    const { nodeName, nodeIps, configuration, cri, clock } = context;
    if (this.#facts === undefined) throw new Error('The node is not known yet.');
    return nodeStatus({
      nodeName,
      nodeIps,
      facts: this.#facts,
      configuration,
      runtime: this.#version,
      images: await cri.listImages(),
      problems: [this.#runtimeProblem, this.#networkProblem].filter(
        (problem) => problem !== undefined,
      ),
      pressures: pressure()?.conditions() ?? [],
      known,
      now: clock.now(),
    });
  }

  /** When something changed, or it is time to be heard of again. */
  async #report(): Promise<void> {
    const { context } = this.#options;
    const { client, clock, nodeName, configuration, events } = context;
    const node = await client.get(resources.nodes, { name: nodeName });
    const known = node.status ?? {};
    const status = await this.#status(known);
    const bootId = known.nodeInfo?.bootID ?? '';
    if (bootId !== '' && bootId !== status.nodeInfo?.bootID)
      events.node(
        'Warning',
        'Rebooted',
        `Node ${nodeName} has been rebooted, boot id: ${status.nodeInfo?.bootID}`,
      );
    const isDue = clock.monotonic() - this.#reported >= configuration.nodeStatusReportFrequency;
    const own = Object.fromEntries(
      Object.keys(status).map((name) => [name, known[name as keyof NodeStatus]]),
    );
    if (!isDue && isSame(withoutTimes(own as NodeStatus), withoutTimes(status))) return;
    await client.patch(
      resources.nodes,
      { name: nodeName },
      { type: 'strategic', patch: { status } },
      { subresource: 'status' },
    );
    this.#reported = clock.monotonic();
    this.#tellTransitions(known, status);
  }

  #tellTransitions(known: NodeStatus, status: NodeStatus): void {
    const { events, nodeName } = this.#options.context;
    for (const { type, status: now, reason } of status.conditions ?? []) {
      const before = known.conditions?.find((condition) => condition.type === type);
      if (before?.status === now || (before === undefined && type === 'Ready')) continue;
      const ready = now === 'True' ? 'NodeReady' : 'NodeNotReady';
      const name = type === 'Ready' ? ready : (reason?.replace(/^Kubelet/, 'Node') ?? type);
      events.node('Normal', name, `Node ${nodeName} status is now: ${name}`);
    }
  }
}

function problemOf(
  conditions: readonly RuntimeCondition[],
  type: RuntimeCondition['type'],
  what: string,
): string | undefined {
  const condition = conditions.find((other) => other.type === type);
  if (condition?.status === true) return undefined;
  const { reason = '', message = '' } = condition ?? {};
  return `${what} not ready: ${type}=false reason:${reason} message:${message}`;
}

function withoutTimes(status: NodeStatus): NodeStatus {
  return {
    ...status,
    conditions: (status.conditions ?? []).map(
      ({ lastHeartbeatTime: _heartbeat, lastTransitionTime: _transition, ...rest }) => rest,
    ),
  };
}
