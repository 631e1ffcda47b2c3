import type { ServiceRequest, ServiceResponse } from './http-service.ts';
import type { UserInfo } from './user-info.ts';

/** What a worker offers that can hold a cluster's API server and its etcd. */
export interface ApiServerHost {
  /**
   * Takes up the cluster that is kept under `name`, or begins a new one. Once.
   * @param again a worker that was ended had it before
   * @throws EtcdError `CORRUPT`, or an Error when another tab has the cluster; the messages say how to go on
   */
  start(name: string, again: boolean): Promise<void>;
  /** What the API server answers this user; as `HttpService.request`. */
  request(user: UserInfo, request: ServiceRequest): Promise<ServiceResponse>;
  /** Ends both; what was acknowledged is kept. */
  stop(): Promise<void>;
}
