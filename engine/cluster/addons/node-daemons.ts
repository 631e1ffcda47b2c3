import { resources } from '../../client/resources.ts';
import type { DaemonSet } from '../../objects/generated/apps-v1.generated.ts';
import { NODE_IMAGES, type NodeProgram } from '../components/node-programs.ts';
import { WEB_WORKER } from '../web-worker/web-worker-runtime.ts';
import { clusterRole, clusterRoleBinding, serviceAccount } from './cluster-access.ts';
import { objectOf, type Install } from './install.ts';

/** A worker beside each node. Who it is, the way it has to the API server says: no token is mounted. */
function daemonSet(name: NodeProgram, args: readonly string[]): DaemonSet {
  const labels = { 'k8s-app': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system', labels },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          containers: [
            {
              name,
              image: NODE_IMAGES[name],
              imagePullPolicy: 'IfNotPresent',
              command: [name, ...args],
            },
          ],
          hostNetwork: true,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          priorityClassName: 'system-node-critical',
          runtimeClassName: WEB_WORKER,
          serviceAccountName: name,
          tolerations: [{ operator: 'Exists' }],
        },
      },
    },
  };
}

/** Accounts and rights of what runs on every node. */
export const nodeDaemonAccounts: readonly Install[] = [
  serviceAccount('kube-proxy'),
  clusterRoleBinding('kubeadm:node-proxier', 'system:node-proxier', { account: 'kube-proxy' }),
  serviceAccount('drydock-network'),
  clusterRole('drydock-network', [
    {
      apiGroups: [''],
      resources: ['nodes', 'pods', 'namespaces'],
      verbs: ['get', 'list', 'watch'],
    },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch', 'update'] },
    {
      apiGroups: ['networking.k8s.io'],
      resources: ['networkpolicies'],
      verbs: ['get', 'list', 'watch'],
    },
    {
      apiGroups: ['', 'events.k8s.io'],
      resources: ['events'],
      verbs: ['create', 'patch', 'update'],
    },
  ]),
  clusterRoleBinding('drydock-network', 'drydock-network', { account: 'drydock-network' }),
];

/** What runs on every node, as workers. */
export function nodeDaemons(clusterCidr: string): readonly Install[] {
  return [
    objectOf(
      resources.daemonSets,
      daemonSet('kube-proxy', [`--cluster-cidr=${clusterCidr}`, '--proxy-mode=nftables']),
    ),
    objectOf(resources.daemonSets, daemonSet('drydock-network', [`--cluster-cidr=${clusterCidr}`])),
  ];
}
