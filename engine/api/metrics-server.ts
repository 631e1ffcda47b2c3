import type { HttpService } from './http-service.ts';

/** metrics-server, in a worker. The API server sends it requests; on whose behalf, headers say. */
export interface MetricsServerHost extends HttpService {
  /** Begins once. @param api leads to the API server's `HttpService`, which knows who asks */
  start(
    api: MessagePort,
    options: {
      /** milliseconds between two looks at the nodes */
      readonly resolution: number;
    },
  ): Promise<void>;
  stop(): Promise<void>;
}
