import type { HttpService } from '../../api/http-service.ts';
import type { MachineService } from '../../api/machine.ts';
import type { NodeComponentHost } from '../../api/node-component.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { Client } from '../../client/client.ts';
import { handlerOver } from '../../http/index.ts';
import { AgentClient } from '../../machine/agent/agent-client.ts';
import { connectPort } from '../../rpc/rpc-client.ts';
import type { ComponentLog } from '../component-log.ts';
import { CLUSTER_CIDR } from '../cluster-cidr.ts';
import { readFlags } from './flags.ts';

/** What a component of a node works with. */
export interface NodeComponentContext {
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly clusterCidr: string;
  readonly client: Client;
  readonly agent: AgentClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown) => void;
}

/** What its worker makes of it. */
interface NodeComponent {
  /** Works until the signal; what it made stays. */
  start(signal: AbortSignal): Promise<void>;
  /** Removes what it made. For after the end of `start`. */
  remove(): Promise<void>;
}

/** A component of a node, as its worker offers it. */
export abstract class HostedNodeComponent implements NodeComponentHost {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: ComponentLog;
  readonly #stop = new AbortController();
  #component: NodeComponent | undefined;
  #ended: Promise<void> | undefined;

  constructor(clock: Clock, random: Random, log: ComponentLog) {
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
  }

  /** for its requests */
  protected abstract readonly userAgent: string;

  protected abstract make(context: NodeComponentContext): NodeComponent;

  start(
    machine: MessagePort,
    api: MessagePort,
    { nodeName, nodeIp, argv }: Parameters<NodeComponentHost['start']>[2],
  ): Promise<void> {
    const clock = this.#clock;
    const client = new Client({
      transport: handlerOver(connectPort<HttpService>(api).service),
      clock,
      userAgent: this.userAgent,
    });
    this.#log.info(
      `"Starting" command=${JSON.stringify(argv.join(' '))} node=${JSON.stringify(nodeName)}`,
    );
    const component = this.make({
      nodeName,
      nodeIp,
      clusterCidr: readFlags(argv).get('cluster-cidr') ?? CLUSTER_CIDR,
      client,
      agent: new AgentClient(connectPort<MachineService>(machine).service),
      clock,
      random: this.#random,
      onError: this.#log.error,
    });
    this.#component = component;
    this.#ended = component.start(this.#stop.signal).catch(this.#log.error);
    return Promise.resolve();
  }

  async stop(forGood: boolean): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    if (!forGood) return;
    this.#log.info('"Removing what was made on the node: no DaemonSet wants it here any more"');
    await this.#component?.remove().catch(this.#log.error);
  }
}
