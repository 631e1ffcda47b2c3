/** What kube-apiserver makes at its start, in an empty cluster and after each restart. */
import { formatApiVersion } from '../../objects/kubernetes-object.ts';
import { builtInResources } from '../../objects/resources.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Loopback } from './loopback.ts';
import { rbacPolicy } from './rbac-policy.ts';

export interface BootstrapOptions {
  /** IP address and port under which the API server is reached from inside the cluster */
  readonly address: { readonly ip: string; readonly port: number };
  /** addresses of Services, such as 10.96.0.0/12 */
  readonly serviceCidr: string;
  /** first address of the range, which the Service `kubernetes` has */
  readonly serviceIp: string;
  /** PEM, for aggregated servers that authenticate clients themselves */
  readonly clientCa: string;
  readonly frontProxyCa: string;
}

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];

const PRIORITY_CLASSES = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

function namespaces(): readonly ApiObject[] {
  return NAMESPACES.map((name) => ({ kind: 'Namespace', apiVersion: 'v1', metadata: { name } }));
}

function priorityClasses(): readonly ApiObject[] {
  return PRIORITY_CLASSES.map(({ name, value, description }) => ({
    kind: 'PriorityClass',
    apiVersion: 'scheduling.k8s.io/v1',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  }));
}

function serviceCidr(cidr: string): ApiObject {
  return {
    kind: 'ServiceCIDR',
    apiVersion: 'networking.k8s.io/v1',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [cidr] },
  };
}

/** Where Pods find the API server. */
function kubernetesService({ serviceIp, address }: BootstrapOptions): ApiObject {
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: address.port }],
      clusterIP: serviceIp,
      type: 'ClusterIP',
      sessionAffinity: 'None',
      ipFamilyPolicy: 'SingleStack',
    },
  };
}

function kubernetesEndpoints({ address: { ip, port } }: BootstrapOptions): readonly ApiObject[] {
  return [
    {
      kind: 'Endpoints',
      apiVersion: 'v1',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
      },
      subsets: [{ addresses: [{ ip }], ports: [{ name: 'https', port, protocol: 'TCP' }] }],
    },
    {
      kind: 'EndpointSlice',
      apiVersion: 'discovery.k8s.io/v1',
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { 'kubernetes.io/service-name': 'kubernetes' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ip], conditions: { ready: true } }],
      ports: [{ name: 'https', protocol: 'TCP', port }],
    },
  ];
}

/** What servers behind this one need to know to trust it (`extension-apiserver-authentication`). */
function authenticationInfo({ clientCa, frontProxyCa }: BootstrapOptions): ApiObject {
  return {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: {
      'client-ca-file': clientCa,
      'requestheader-allowed-names': '["front-proxy-client"]',
      'requestheader-client-ca-file': frontProxyCa,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    },
  };
}

function collectionOf({ apiVersion, kind, metadata }: ApiObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const resource = builtInResources.find(
    (one) => one.kind === kind && formatApiVersion(one) === apiVersion,
  );
  return `${root}${within}/${resource?.plural ?? ''}`;
}

/** Makes what is missing. What somebody changed stays as it is, but for the server's own address. */
export async function bootstrap(loopback: Loopback, options: BootstrapOptions): Promise<void> {
  const ensure = (object: ApiObject): Promise<void> =>
    loopback.ensure(collectionOf(object), object);
  const first = [...namespaces(), ...priorityClasses(), serviceCidr(options.serviceCidr)];
  for (const object of first) await ensure(object);
  await ensure(kubernetesService(options));
  await ensure(authenticationInfo(options));
  for (const object of kubernetesEndpoints(options)) {
    await ensure(object);
    await loopback.request('PUT', `${collectionOf(object)}/kubernetes`, object);
  }
  await Promise.all(rbacPolicy().map(ensure));
}
