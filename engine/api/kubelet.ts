import type { LoggedComponent } from './component.ts';
import type { ServiceRequest, ServiceResponse } from './http-service.ts';

/** The worker of a node: its kubelet, and the container runtime under it. */
export interface KubeletService extends LoggedComponent {
  /**
   * Takes up a node. Called once; resolves when the kubelet runs, whether or not there is an API server yet.
   * @param machine leads to the node's `MachineService`
   * @param api leads to the API server's `HttpService`, which knows this kubelet
   * @param webWorkers leads to the runtime of RuntimeClass `web-worker`
   * @param openHub gives ports that lead to the `HubService` of the lab
   */
  start(
    machine: MessagePort,
    api: MessagePort,
    webWorkers: MessagePort,
    openHub: () => Promise<MessagePort>,
    node: KubeletNode,
  ): Promise<void>;
  /** What the kubelet answers on its port; as `HttpService.request`. */
  request(request: ServiceRequest): Promise<ServiceResponse>;
  /** Writes what is known of containers and images to the machine's disk, before the machine is saved. */
  flush(): Promise<void>;
  /** Containers go on. */
  stop(): Promise<void>;
}

export interface KubeletNode {
  readonly name: string;
  readonly ip: string;
  /** another worker had this node before: what it kept is waited for, should it not have let go of it yet */
  readonly again: boolean;
  /** what the node's role asks for */
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly {
    readonly key: string;
    readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  }[];
}
