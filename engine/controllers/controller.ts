import type { ControllersConfiguration } from '../api/controllers.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import type { EventRecorder } from '../client/events/event-recorder.ts';
import type { SharedInformers } from '../client/informer/shared-informers.ts';

/** What a controller works with. */
export interface ControllerContext {
  /** as the controller's own service account */
  readonly client: Client;
  /** of the whole process: what two controllers watch is watched once */
  readonly informers: SharedInformers;
  /** says that events come from this component, such as `deployment-controller` */
  recorder(component: string): EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly configuration: ControllersConfiguration;
  /** told of what went wrong and is tried again */
  readonly onError: (error: unknown) => void;
}

/** A loop that moves what is towards what is wanted. */
export interface Controller {
  /** Works until the signal. All informers it asked for when it was made have what was there. */
  run(signal: AbortSignal): Promise<void>;
}

/** A controller as kube-controller-manager knows it. */
export interface ControllerDescriptor {
  /** as in `--controllers` */
  readonly name: string;
  /** the service account in kube-system that it asks as; the process itself when absent */
  readonly account?: string;
  /** runs only when it is named */
  readonly offByDefault?: boolean;
  readonly create: (context: ControllerContext) => Controller;
}
