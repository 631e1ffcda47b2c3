import type { OpenApi } from './controllers.ts';

/** cloud-controller-manager in a worker. */
export interface CloudControllersHost {
  /** Begins once, as soon as no other one leads. @param cloud leads to the `HttpService` of the cloud's API */
  start(
    openApi: OpenApi,
    cloud: MessagePort,
    configuration: CloudControllersConfiguration,
  ): Promise<void>;
  /** Lets another one lead. */
  stop(): Promise<void>;
}

/** What flags say to cloud-controller-manager. */
export interface CloudControllersConfiguration {
  /** of the machine, for leader election */
  readonly hostName: string;
  /** `--cluster-cidr`: what Pods have addresses of */
  readonly clusterCidrs: readonly string[];
}
