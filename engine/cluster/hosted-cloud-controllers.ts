import type {
  CloudControllersConfiguration,
  CloudControllersHost,
} from '../api/cloud-controllers.ts';
import type { OpenApi } from '../api/controllers.ts';
import type { HttpService } from '../api/http-service.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { CloudClient } from '../cloud/cloud-client.ts';
import { cloudDescriptors } from '../cloud/controllers/descriptors.ts';
import { handlerOver } from '../http/index.ts';
import { connectPort } from '../rpc/rpc-client.ts';
import { ControllersProcess } from './controllers-process.ts';

/** cloud-controller-manager, as its worker offers it. */
export class HostedCloudControllers implements CloudControllersHost {
  readonly #process: ControllersProcess;

  constructor(
    clock: Clock,
    random: Random,
    onError: (error: unknown) => void,
    onInfo?: (message: string) => void,
  ) {
    const name = 'cloud-controller-manager';
    this.#process = new ControllersProcess({
      name,
      clock,
      random,
      onError,
      ...(onInfo === undefined ? {} : { onInfo }),
    });
  }

  start(
    openApi: OpenApi,
    cloud: MessagePort,
    { hostName, clusterCidrs }: CloudControllersConfiguration,
  ): Promise<void> {
    const connection = connectPort<HttpService>(cloud);
    const client = new CloudClient(handlerOver(connection.service));
    const work = {
      openApi,
      descriptors: cloudDescriptors(client, clusterCidrs),
      // The cluster's keys are for controllers of kube-controller-manager only.
      configuration: { hostName, rootCa: '', serviceAccountKey: '' },
    };
    return this.#process.start(work, connection);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
