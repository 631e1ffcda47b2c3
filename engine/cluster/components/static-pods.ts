import { stringify } from 'yaml';
import type { ClusterSettings } from '../saved/saved-cluster.ts';
import { WEB_WORKER } from '../web-worker/web-worker-runtime.ts';
import { CONTROL_PLANE_IMAGES, type ControlPlaneProgram } from './control-plane-programs.ts';

export interface StaticPodOptions extends ClusterSettings {
  /** of the control plane's machine */
  readonly address: string;
}

const KUBERNETES = '/etc/kubernetes';
const PKI = `${KUBERNETES}/pki`;

/** The components' command lines, as kubeadm writes them, without what has no meaning for a worker. */
function commands(options: StaticPodOptions): Record<ControlPlaneProgram, readonly string[]> {
  const {
    address,
    clusterCidr,
    controllers = ['*', 'bootstrap-signer-controller', 'token-cleaner-controller'],
  } = options;
  return {
    etcd: [
      '--name=control-plane',
      `--cert-file=${PKI}/etcd/server.crt`,
      '--client-cert-auth=true',
      '--data-dir=/var/lib/etcd',
      `--key-file=${PKI}/etcd/server.key`,
      '--listen-client-urls=https://127.0.0.1:2379',
      `--trusted-ca-file=${PKI}/etcd/ca.crt`,
    ],
    'kube-apiserver': [
      `--advertise-address=${address}`,
      '--allow-privileged=true',
      '--authorization-mode=RBAC',
      `--client-ca-file=${PKI}/ca.crt`,
      `--etcd-cafile=${PKI}/etcd/ca.crt`,
      `--etcd-certfile=${PKI}/apiserver-etcd-client.crt`,
      `--etcd-keyfile=${PKI}/apiserver-etcd-client.key`,
      '--etcd-servers=https://127.0.0.1:2379',
      `--kubelet-client-certificate=${PKI}/apiserver-kubelet-client.crt`,
      `--kubelet-client-key=${PKI}/apiserver-kubelet-client.key`,
      `--proxy-client-cert-file=${PKI}/front-proxy-client.crt`,
      `--proxy-client-key-file=${PKI}/front-proxy-client.key`,
      `--requestheader-client-ca-file=${PKI}/front-proxy-ca.crt`,
      '--secure-port=6443',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${PKI}/sa.pub`,
      `--service-account-signing-key-file=${PKI}/sa.key`,
      '--service-cluster-ip-range=10.96.0.0/12',
      `--tls-cert-file=${PKI}/apiserver.crt`,
      `--tls-private-key-file=${PKI}/apiserver.key`,
    ],
    'kube-controller-manager': [
      '--allocate-node-cidrs=true',
      `--cluster-cidr=${clusterCidr}`,
      `--cluster-signing-cert-file=${PKI}/ca.crt`,
      `--cluster-signing-key-file=${PKI}/ca.key`,
      `--controllers=${controllers.join(',')}`,
      `--kubeconfig=${KUBERNETES}/controller-manager.conf`,
      '--leader-elect=true',
      `--root-ca-file=${PKI}/ca.crt`,
      `--service-account-private-key-file=${PKI}/sa.key`,
      '--use-service-account-credentials=true',
      ...(options.managerFlags ?? []),
    ],
    'kube-scheduler': [`--kubeconfig=${KUBERNETES}/scheduler.conf`, '--leader-elect=true'],
    'cloud-controller-manager': [
      '--cloud-provider=drydock',
      `--cluster-cidr=${clusterCidr}`,
      '--leader-elect=true',
      '--use-service-account-credentials=true',
    ],
  };
}

function manifest(name: string, image: string, command: readonly string[]): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'kube-system',
      labels: { component: name, tier: 'control-plane' },
    },
    spec: {
      containers: [
        {
          name,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: [name, ...command],
        },
      ],
      hostNetwork: true,
      priority: 2_000_001_000,
      priorityClassName: 'system-node-critical',
      runtimeClassName: WEB_WORKER,
      terminationGracePeriodSeconds: 5,
    },
  };
}

/** The control plane's manifests by name of their file. */
export function staticPods(options: StaticPodOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(commands(options)).map(([name, command]) => [
      `${name}.yaml`,
      stringify(manifest(name, CONTROL_PLANE_IMAGES[name as ControlPlaneProgram], command), {
        lineWidth: 0,
      }),
    ]),
  );
}
