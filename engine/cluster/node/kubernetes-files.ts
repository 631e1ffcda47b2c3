import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { SOCKET } from '../../crictl/socket.ts';
import { issueCertificate } from '../../pki/certificates.ts';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import { administratorKubeconfig, kubeconfig } from '../../pki/kubeconfig.ts';
import type { NodeFiles } from './node-files.ts';

export interface KubernetesFilesOptions {
  readonly pki: ClusterPki;
  /** https://IP:PORT of the API server */
  readonly server: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The configuration of every kubelet. Our nodes have 256 MiB: of the 100 MiB that a kubelet keeps free by itself
 * too little would be left for Pods. Who names one threshold has to name them all. Nor could they bear the processes of
 * a fork bomb, which no limit holds back by itself.
 */
const KUBELET_CONFIGURATION = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
evictionHard:
  imagefs.available: 15%
  imagefs.inodesFree: 5%
  memory.available: 20Mi
  nodefs.available: 10%
  nodefs.inodesFree: 5%
podPidsLimit: 256
staticPodPath: /etc/kubernetes/manifests
`;

const CRICTL_CONFIGURATION = `runtime-endpoint: unix://${SOCKET}
image-endpoint: unix://${SOCKET}
`;

/** Read at the first Tab after `kubectl`: kubectl writes its own rules for bash. */
const KUBECTL_COMPLETION = `. <(kubectl completion bash)
`;

/** A kubeconfig for a new certificate. */
async function login(
  { pki, server, clock, random }: KubernetesFilesOptions,
  commonName: string,
  organizations: readonly string[] = [],
): Promise<string> {
  const keys = await issueCertificate(
    pki.ca,
    { commonName, organizations, usage: 'client' },
    clock.now(),
    random,
  );
  return kubeconfig(server, pki.ca.certificate, commonName, keys);
}

/** What every node has of Kubernetes. */
export async function workerFiles(options: KubernetesFilesOptions): Promise<NodeFiles> {
  return {
    'etc/kubernetes/kubelet.conf': await login(options, `system:node:${options.nodeName}`, [
      'system:nodes',
    ]),
    'etc/kubernetes/pki/ca.crt': options.pki.ca.certificate,
    'etc/crictl.yaml': CRICTL_CONFIGURATION,
    'var/lib/kubelet/config.yaml': KUBELET_CONFIGURATION,
  };
}

/** What the node of a control plane has there. @param manifests of its static Pods, by file */
export async function controlPlaneFiles(
  options: KubernetesFilesOptions,
  manifests: Readonly<Record<string, string>>,
): Promise<NodeFiles> {
  const { pki, server } = options;
  const admin = administratorKubeconfig(server, pki);
  const [common, controllerManager, scheduler] = await Promise.all([
    workerFiles(options),
    login(options, 'system:kube-controller-manager'),
    login(options, 'system:kube-scheduler'),
  ]);
  const keys: NodeFiles = Object.fromEntries(
    Object.entries({
      ca: pki.ca,
      apiserver: pki.apiserver,
      'apiserver-kubelet-client': pki.apiserverKubeletClient,
      'front-proxy-ca': pki.frontProxyCa,
      'front-proxy-client': pki.frontProxyClient,
    }).flatMap(([name, { certificate, key }]) => [
      [`etc/kubernetes/pki/${name}.crt`, certificate],
      [`etc/kubernetes/pki/${name}.key`, key],
    ]),
  );
  return {
    ...common,
    ...keys,
    'etc/kubernetes/pki/sa.key': pki.serviceAccount.key,
    'etc/kubernetes/pki/sa.pub': pki.serviceAccount.publicKey,
    'etc/kubernetes/admin.conf': admin,
    'etc/kubernetes/controller-manager.conf': controllerManager,
    'etc/kubernetes/scheduler.conf': scheduler,
    'root/.kube/config': admin,
    'usr/share/bash-completion/completions/kubectl': KUBECTL_COMPLETION,
    ...Object.fromEntries(
      Object.entries(manifests).map(([name, text]) => [`etc/kubernetes/manifests/${name}`, text]),
    ),
  };
}
