import type { HollowHost, HollowWishes } from '../api/hollow.ts';
import type { HttpService } from '../api/http-service.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { Client } from '../client/client.ts';
import { HollowNodes } from '../hollow/hollow-nodes.ts';
import { handlerOver } from '../http/index.ts';
import { connectPort } from '../rpc/rpc-client.ts';

/** Hollow nodes, as their worker offers them. */
export class HostedHollow implements HollowHost {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onError: (error: unknown) => void;
  readonly #stop = new AbortController();
  #nodes: HollowNodes | undefined;

  constructor(clock: Clock, random: Random, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onError = onError;
  }

  async start(api: MessagePort, wishes: HollowWishes): Promise<void> {
    const { service } = connectPort<HttpService>(api);
    const client = new Client({
      transport: handlerOver(service),
      clock: this.#clock,
      userAgent: 'hollow-kubelet/v1.37.2',
    });
    this.#nodes = new HollowNodes({
      client,
      clock: this.#clock,
      random: this.#random,
      ...wishes,
      onError: this.#onError,
    });
    await this.#nodes.start(this.#stop.signal);
  }

  async setPower(name: string, on: boolean): Promise<void> {
    await this.#nodes?.setPower(name, on);
  }

  stop(): Promise<void> {
    this.#stop.abort();
    return Promise.resolve();
  }
}
