import type { HttpService } from '../api/http-service.ts';
import type { SchedulerHost, SchedulerService } from '../api/scheduler.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { uuid } from '../base/uuid.ts';
import { Client } from '../client/client.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import { LeaderElector } from '../client/leader-elector.ts';
import { handlerOver } from '../http/index.ts';
import { connectPort } from '../rpc/rpc-client.ts';
import { parseConfiguration } from '../scheduler/configuration/configuration.ts';
import { Scheduler } from '../scheduler/scheduler.ts';

const LEASE = { namespace: 'kube-system', name: 'kube-scheduler' };

type DecisionListener = Parameters<SchedulerService['onDecision']>[0];

/** A scheduler from when it stands for election until it leads no longer. */
interface Term {
  readonly scheduler: Scheduler;
  dispose(): void;
}

/** A scheduler, as its worker offers it. */
export class HostedScheduler implements SchedulerHost {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onError: (error: unknown) => void;
  readonly #listeners: DecisionListener[] = [];
  #term: Term | undefined;
  #stop: (() => Promise<void>) | undefined;

  constructor(clock: Clock, random: Random, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onError = onError;
  }

  async start(api: MessagePort, hostName: string, configuration = ''): Promise<void> {
    if (this.#stop !== undefined) throw new Error('The scheduler runs already.');
    const common = { clock: this.#clock, random: this.#random, onError: this.#onError };
    const parsed = parseConfiguration(configuration);
    const connection = connectPort<HttpService>(api);
    const transport = handlerOver(connection.service);
    const client = new Client({
      transport,
      clock: this.#clock,
      userAgent: 'kube-scheduler/v1.37.2',
    });
    const begin = async (): Promise<Term> => {
      const informers = new SharedInformers({ ...common, client });
      const options = { ...common, client, informers, hostName, configuration: parsed };
      const scheduler = new Scheduler(options);
      for (const listener of this.#listeners) await scheduler.service.onDecision(listener);
      return {
        scheduler,
        dispose() {
          informers.dispose();
          scheduler.dispose();
        },
      };
    };
    const elector = new LeaderElector({
      ...common,
      client,
      lease: LEASE,
      identity: `${hostName}_${uuid(this.#random)}`,
      releaseOnCancel: true,
    });
    const ending = new AbortController();
    let term = await begin();
    this.#term = term;
    const ended = elector.standAgain(ending.signal, async (leading) => {
      await term.scheduler.run(leading);
      if (ending.signal.aborted) return;
      // One that has ended cannot begin again.
      term.dispose();
      term = await begin();
      this.#term = term;
    });
    this.#stop = async () => {
      ending.abort();
      await ended;
      term.dispose();
      connection.dispose();
    };
  }

  async stop(): Promise<void> {
    await this.#stop?.();
    this.#stop = undefined;
    this.#term = undefined;
  }

  async decisions() {
    return (await this.#service?.decisions()) ?? [];
  }

  async explain(namespace: string, name: string) {
    return this.#service?.explain(namespace, name);
  }

  async onDecision(listener: DecisionListener) {
    this.#listeners.push(listener);
    await this.#service?.onDecision(listener);
  }

  get #service(): SchedulerService | undefined {
    return this.#term?.scheduler.service;
  }
}
