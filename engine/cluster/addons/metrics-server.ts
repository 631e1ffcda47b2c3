import { resources } from '../../client/resources.ts';
import type { Deployment } from '../../objects/generated/apps-v1.generated.ts';
import {
  METRICS_SERVER as NAME,
  METRICS_SERVER_IMAGE,
} from '../components/metrics-server-program.ts';
import { WEB_WORKER } from '../web-worker/web-worker-runtime.ts';
import { clusterRole, clusterRoleBinding, serviceAccount } from './cluster-access.ts';
import { objectOf, type Install } from './install.ts';

const labels = { 'k8s-app': NAME };
/** Of its node, as the kubelet's 10250: calls between workers lead there. */
const PORT = 4443;

/** Upstream's manifest, as a worker. Who it is, the way it has to the API server says: no token is mounted. */
const deployment: Deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: NAME, namespace: 'kube-system', labels },
  spec: {
    replicas: 1,
    selector: { matchLabels: labels },
    // Two of them cannot have the port on one node.
    strategy: { type: 'Recreate' },
    template: {
      metadata: { labels },
      spec: {
        automountServiceAccountToken: false,
        containers: [
          {
            name: NAME,
            image: METRICS_SERVER_IMAGE,
            imagePullPolicy: 'IfNotPresent',
            command: [NAME, `--secure-port=${PORT}`, '--metric-resolution=15s'],
            ports: [{ containerPort: PORT, name: 'https', protocol: 'TCP' }],
          },
        ],
        hostNetwork: true,
        nodeSelector: { 'kubernetes.io/os': 'linux' },
        priorityClassName: 'system-cluster-critical',
        runtimeClassName: WEB_WORKER,
        serviceAccountName: NAME,
        terminationGracePeriodSeconds: 5,
        tolerations: [{ effect: 'NoSchedule', key: 'node-role.kubernetes.io/control-plane' }],
      },
    },
  },
};

/** Accounts and rights, upstream's but for the way to kubelets, which is the API server's. */
export const metricsServerAccounts: readonly Install[] = [
  serviceAccount(NAME),
  clusterRole('system:aggregated-metrics-reader', [
    {
      apiGroups: ['metrics.k8s.io'],
      resources: ['pods', 'nodes'],
      verbs: ['get', 'list', 'watch'],
    },
  ]),
  clusterRole(`system:${NAME}`, [
    { apiGroups: [''], resources: ['nodes/metrics', 'nodes/proxy'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]),
  clusterRoleBinding(`system:${NAME}`, `system:${NAME}`, { account: NAME }),
  clusterRoleBinding(`${NAME}:system:auth-delegator`, 'system:auth-delegator', { account: NAME }),
];

/** The server behind `kubectl top`, as kubernetes-sigs/metrics-server installs it. */
export const metricsServer: readonly Install[] = [
  objectOf(resources.services, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: 'kube-system', labels },
    spec: {
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 'https' }],
      selector: labels,
    },
  }),
  objectOf(resources.deployments, deployment),
  objectOf(resources.apiServices, {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io', labels },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      groupPriorityMinimum: 100,
      versionPriority: 100,
      insecureSkipTLSVerify: true,
      service: { name: NAME, namespace: 'kube-system' },
    },
  }),
];
