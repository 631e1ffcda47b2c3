import type { CloudControllersHost } from '../../api/cloud-controllers.ts';
import type { ControllersHost } from '../../api/controllers.ts';
import type { EtcdHost } from '../../api/etcd.ts';
import type { ApiServerProcess } from '../../api/kube-apiserver.ts';
import type { SchedulerHost } from '../../api/scheduler.ts';
import type { UserInfo } from '../../api/user-info.ts';
import type { Outbound } from '../../apiserver/outbound/outbound.ts';
import { httpServiceOf, type HttpHandler } from '../../http/index.ts';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import { exposeOnPort } from '../../rpc/rpc-client.ts';
import { storageServiceOf } from '../../storage/storage-port.ts';
import type { Storage } from '../../storage/storage.ts';
import { apiServerKeys } from '../load-cluster-pki.ts';
import { CLOUD_MANAGER, CONTROLLER_MANAGER, openApiOf, SCHEDULER } from '../cluster-users.ts';
import { runWorker, type WorkerProgram } from '../web-worker/worker-program.ts';
import type { ComponentWorkers } from './component-workers.ts';
import type { ControlPlaneLinks } from './control-plane-links.ts';
import { durationOf, readFlags } from './flags.ts';
import { outboundServiceOf } from './outbound-port.ts';

/** Images of the control plane, by what their programs are called. */
export const CONTROL_PLANE_IMAGES = {
  etcd: 'registry.k8s.io/etcd:3.7.0-0',
  'kube-apiserver': 'registry.k8s.io/kube-apiserver:v1.37.2',
  'kube-controller-manager': 'registry.k8s.io/kube-controller-manager:v1.37.2',
  'kube-scheduler': 'registry.k8s.io/kube-scheduler:v1.37.2',
  'cloud-controller-manager': 'registry.k8s.io/cloud-controller-manager:v1.37.2',
} as const;
export type ControlPlaneProgram = keyof typeof CONTROL_PLANE_IMAGES;

/** Those that lead only while they hold the Lease of their name in kube-system. */
export const LED_BY_LEASE = [
  'kube-controller-manager',
  'kube-scheduler',
  'cloud-controller-manager',
] as const satisfies readonly ControlPlaneProgram[];

/** Who starts each of them. */
export interface ControlPlaneWorkers {
  readonly etcd: ComponentWorkers<EtcdHost>;
  readonly 'kube-apiserver': ComponentWorkers<ApiServerProcess>;
  readonly 'kube-controller-manager': ComponentWorkers<ControllersHost>;
  readonly 'kube-scheduler': ComponentWorkers<SchedulerHost>;
  readonly 'cloud-controller-manager': ComponentWorkers<CloudControllersHost>;
}

/** What the programs of a control plane find on their machine. */
export interface ControlPlaneSite {
  readonly links: ControlPlaneLinks;
  readonly workers: ControlPlaneWorkers;
  /** of the machine */
  readonly hostName: string;
  /** of the machine */
  readonly address: string;
  readonly pki: Promise<ClusterPki>;
  /** etcd's data directory */
  readonly data: Storage;
  /** the way from the API server to others */
  readonly outbound: Outbound;
  /** the cloud's API */
  readonly cloud: HttpHandler;
  /** leads to the API server's `HttpService`, from this machine */
  readonly openPort: (user: UserInfo) => MessagePort;
  /** a file of the machine */
  readonly readFile: (path: string) => Promise<string>;
}

/** The programs of a control plane as containers' images have them. */
export function controlPlanePrograms(site: ControlPlaneSite): Record<string, WorkerProgram> {
  const programs: Record<ControlPlaneProgram, WorkerProgram> = {
    etcd: etcd(site),
    'kube-apiserver': apiServer(site),
    'kube-controller-manager': controllerManager(site),
    'kube-scheduler': scheduler(site),
    'cloud-controller-manager': cloudControllerManager(site),
  };
  return Object.fromEntries(
    Object.entries(programs).map(([name, program]) => [
      CONTROL_PLANE_IMAGES[name as ControlPlaneProgram],
      program,
    ]),
  );
}

function etcd({ links, workers, data }: ControlPlaneSite): WorkerProgram {
  return ({ print }) => {
    let running: EtcdHost | undefined;
    return runWorker({
      worker: workers.etcd.take(),
      print,
      async begin(service) {
        running = service;
        await service.serve(exposeOnPort(storageServiceOf(data)));
        await links.etcdServes(service);
      },
      // What it acknowledged is stored.
      end: () => Promise.resolve(),
      onEnd() {
        if (running !== undefined) links.etcdEnded(running);
      },
    });
  };
}

function apiServer({ links, workers, pki, outbound, address }: ControlPlaneSite): WorkerProgram {
  return ({ argv, print }) => {
    const flags = readFlags(argv);
    let running: ApiServerProcess | undefined;
    return runWorker({
      worker: workers['kube-apiserver'].take(),
      print,
      async begin(service) {
        running = service;
        await links.apiServerBegins(service);
        await service.start(
          {
            address: {
              ip: flags.get('advertise-address') ?? address,
              port: Number(flags.get('secure-port') ?? 6443),
            },
            ...apiServerKeys(await pki),
          },
          exposeOnPort(outboundServiceOf(outbound)),
        );
        await links.apiServerServes(service);
      },
      end: (service) => service.stop(),
      onEnd() {
        if (running !== undefined) links.apiServerEnded(running);
      },
    });
  };
}

function controllerManager({ workers, hostName, pki, openPort }: ControlPlaneSite): WorkerProgram {
  return ({ argv, print }) => {
    const flags = readFlags(argv);
    return runWorker({
      worker: workers['kube-controller-manager'].take(),
      print,
      async begin(service) {
        const { ca, serviceAccount } = await pki;
        await service.start(openApiOf(openPort, CONTROLLER_MANAGER), {
          hostName,
          rootCa: ca.certificate,
          signingAuthority: ca,
          serviceAccountKey: serviceAccount.key,
          ...managerFlags(flags),
        });
      },
      end: (service) => service.stop(),
    });
  };
}

/** Flags of kube-controller-manager that mean something here. */
function managerFlags(flags: ReadonlyMap<string, string>) {
  const controllers = flags.get('controllers')?.split(',');
  const clusterCidr = flags.get('cluster-cidr');
  const number = (flag: string, key: string) => {
    const text = flags.get(flag);
    return text === undefined ? {} : { [key]: Number(text) };
  };
  const duration = (flag: string, key: string) => {
    const text = flags.get(flag);
    return text === undefined ? {} : { [key]: durationOf(flag, text) };
  };
  return {
    ...(controllers === undefined ? {} : { controllers }),
    ...(clusterCidr === undefined || flags.get('allocate-node-cidrs') !== 'true'
      ? {}
      : { clusterCidr }),
    ...number('node-cidr-mask-size', 'nodeCidrMaskSize'),
    ...number('terminated-pod-gc-threshold', 'terminatedPodGcThreshold'),
    ...duration('node-monitor-period', 'nodeMonitorPeriod'),
    ...duration('node-monitor-grace-period', 'nodeMonitorGracePeriod'),
  };
}

function scheduler(site: ControlPlaneSite): WorkerProgram {
  const { links, workers, hostName, openPort, readFile } = site;
  return ({ argv, print }) => {
    const file = readFlags(argv).get('config');
    let running: SchedulerHost | undefined;
    return runWorker({
      worker: workers['kube-scheduler'].take(),
      print,
      async begin(service) {
        const configuration = file === undefined ? undefined : await readFile(file);
        running = service;
        links.schedulerBegins(service);
        await service.start(openPort(SCHEDULER), hostName, configuration);
      },
      end: (service) => service.stop(),
      onEnd() {
        if (running !== undefined) links.schedulerEnded(running);
      },
    });
  };
}

function cloudControllerManager({
  workers,
  hostName,
  openPort,
  cloud,
}: ControlPlaneSite): WorkerProgram {
  return ({ argv, print }) => {
    const clusterCidrs = readFlags(argv).get('cluster-cidr')?.split(',') ?? [];
    return runWorker({
      worker: workers['cloud-controller-manager'].take(),
      print,
      begin: (service) =>
        service.start(openApiOf(openPort, CLOUD_MANAGER), exposeOnPort(httpServiceOf(cloud)), {
          hostName,
          clusterCidrs,
        }),
      end: (service) => service.stop(),
    });
  };
}
