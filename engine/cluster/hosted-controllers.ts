import type { ControllersConfiguration, ControllersHost, OpenApi } from '../api/controllers.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { descriptors } from '../controllers/descriptors.ts';
import { ControllersProcess } from './controllers-process.ts';

/** kube-controller-manager, as its worker offers it. */
export class HostedControllers implements ControllersHost {
  readonly #process: ControllersProcess;

  constructor(
    clock: Clock,
    random: Random,
    onError: (error: unknown) => void,
    onInfo?: (message: string) => void,
  ) {
    const name = 'kube-controller-manager';
    this.#process = new ControllersProcess({
      name,
      clock,
      random,
      onError,
      ...(onInfo === undefined ? {} : { onInfo }),
    });
  }

  start(openApi: OpenApi, configuration: ControllersConfiguration): Promise<void> {
    return this.#process.start({ openApi, descriptors, configuration });
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
