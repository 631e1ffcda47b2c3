import type { ControllersConfiguration } from '../api/controllers.ts';
import type { Clock } from '../base/clock.ts';
import { DisposableStore } from '../base/disposable.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { EventRecorder } from '../client/events/event-recorder.ts';
import { SharedInformers } from '../client/informer/shared-informers.ts';
import type { Controller, ControllerDescriptor } from './controller.ts';
import { enabledControllers } from './enabled.ts';

export interface ControllerManagerOptions {
  readonly descriptors: readonly ControllerDescriptor[];
  readonly configuration: ControllersConfiguration;
  /** The way to the API server as this service account of kube-system, or as the process itself. */
  readonly clientOf: (account: string | undefined) => Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly onError: (error: unknown) => void;
}

/** kube-controller-manager: many loops in one process that know nothing of each other. */
export class ControllerManager {
  readonly #options: ControllerManagerOptions;
  readonly #enabled: readonly ControllerDescriptor[];

  /** @throws UnknownControllerError */
  constructor(options: ControllerManagerOptions) {
    this.#options = options;
    this.#enabled = enabledControllers(options.descriptors, options.configuration.controllers);
  }

  /** names of the controllers that it runs */
  get enabled(): readonly string[] {
    return this.#enabled.map(({ name }) => name);
  }

  /**
   * Works until the signal. A controller that fails ends alone, and that is told. May be run again
   * then: controllers and what they watch are made anew.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { clientOf, clock, random, onError } = this.#options;
    const owned = new DisposableStore();
    const client = clientOf(undefined);
    const informers = owned.add(new SharedInformers({ client, clock, random, onError }));
    const controllers = this.#enabled.map((descriptor) =>
      this.#create(descriptor, informers, owned),
    );
    // One signal each: one with many listeners looks like a leak.
    const stops = controllers.map(() => new AbortController());
    const stop = (): void => stops.forEach((each) => each.abort());
    signal.addEventListener('abort', stop, { once: true });
    await informers.synced(signal);
    if (!signal.aborted)
      await Promise.all(
        controllers.map((controller, index) =>
          controller.run(stops[index]?.signal ?? signal).catch(onError),
        ),
      );
    owned.dispose();
  }

  #create(
    { create, account }: ControllerDescriptor,
    informers: SharedInformers,
    owned: DisposableStore,
  ): Controller {
    const { clientOf, clock, random, configuration, onError } = this.#options;
    const client = clientOf(account);
    return create({
      client,
      informers,
      recorder: (component) =>
        owned.add(new EventRecorder({ client, clock, random, source: { component }, onError })),
      clock,
      random,
      configuration,
      onError,
    });
  }
}
