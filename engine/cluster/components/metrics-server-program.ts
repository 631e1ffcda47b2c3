import type { MetricsServerHost } from '../../api/metrics-server.ts';
import type { UserInfo } from '../../api/user-info.ts';
import { handlerOver, httpServiceOf, type HttpHandler } from '../../http/index.ts';
import { exposeOnPort } from '../../rpc/rpc-client.ts';
import { systemAccount } from '../cluster-users.ts';
import { runWorker, type WorkerProgram } from '../web-worker/worker-program.ts';
import type { ComponentWorkers } from './component-workers.ts';
import { durationOf, readFlags } from './flags.ts';

export const METRICS_SERVER = 'metrics-server';
export const METRICS_SERVER_IMAGE = 'registry.k8s.io/metrics-server/metrics-server:v0.8.0';
/** What the API server calls it by. */
export const METRICS_SERVER_NAME = `${METRICS_SERVER}.kube-system.svc`;

export interface MetricsServerSite {
  readonly workers: ComponentWorkers<MetricsServerHost>;
  /** the way to the API server as this user, from this machine */
  readonly api: (user: UserInfo) => HttpHandler;
  /** told of what answers, and with undefined that it does no more */
  readonly onServed: (handler: HttpHandler | undefined) => void;
}

/** The program of metrics-server's image. */
export function metricsServerProgram({ workers, api, onServed }: MetricsServerSite): WorkerProgram {
  return ({ argv, print }) => {
    const resolution = readFlags(argv).get('metric-resolution') ?? '60s';
    return runWorker({
      worker: workers.take(),
      print,
      async begin(service) {
        await service.start(exposeOnPort(httpServiceOf(api(systemAccount(METRICS_SERVER)))), {
          resolution: durationOf('metric-resolution', resolution),
        });
        onServed(handlerOver({ request: (request) => service.request(request) }));
      },
      end: (service) => service.stop(),
      onEnd: () => onServed(undefined),
    });
  };
}
