import { BootstrapSigner } from './bootstrap-tokens/bootstrap-signer.ts';
import { TokenCleaner } from './bootstrap-tokens/token-cleaner.ts';
import { CsrApprovingController } from './certificatesigningrequest/csr-approving-controller.ts';
import { CsrCleanerController } from './certificatesigningrequest/csr-cleaner-controller.ts';
import { CsrSigningController } from './certificatesigningrequest/csr-signing-controller.ts';
import { ClusterRoleAggregation } from './clusterrole-aggregation/cluster-role-aggregation.ts';
import type { Controller, ControllerContext, ControllerDescriptor } from './controller.ts';
import { CronJobController } from './cronjob/cron-job-controller.ts';
import { DaemonSetController } from './daemonset/daemon-set-controller.ts';
import { DeploymentController } from './deployment/deployment-controller.ts';
import { DisruptionController } from './disruption/disruption-controller.ts';
import { EndpointsController } from './endpoints/endpoints-controller.ts';
import { EndpointSliceMirroringController } from './endpointslice-mirroring/endpoint-slice-mirroring-controller.ts';
import { EndpointSliceController } from './endpointslice/endpoint-slice-controller.ts';
import { EphemeralVolume } from './ephemeral-volume/ephemeral-volume.ts';
import { GarbageCollector } from './garbage-collector/garbage-collector.ts';
import { HorizontalController } from './horizontal-pod-autoscaler/horizontal-controller.ts';
import { JobController } from './job/job-controller.ts';
import { NamespaceController } from './namespace/namespace-controller.ts';
import { NodeIpam } from './node-ipam/node-ipam.ts';
import { NodeLifecycle } from './node-lifecycle/node-lifecycle.ts';
import { PersistentVolumeBinder } from './persistentvolume-binder/persistent-volume-binder.ts';
import { PersistentVolumeExpander } from './persistentvolume-expander/persistent-volume-expander.ts';
import { VolumeProtection } from './persistentvolume-protection/volume-protection.ts';
import { ClaimProtection } from './persistentvolumeclaim-protection/claim-protection.ts';
import { PodGarbageCollector } from './pod-garbage-collector/pod-garbage-collector.ts';
import { ReplicaController } from './replicaset/replica-controller.ts';
import { replicaSetKind, replicationControllerKind } from './replicaset/replica-kinds.ts';
import { ResourceQuotaController } from './resourcequota/resource-quota-controller.ts';
import { RootCaPublisher } from './root-ca-certificate-publisher/root-ca-publisher.ts';
import { ServiceAccountController } from './serviceaccount/service-account-controller.ts';
import { TokenController } from './serviceaccount/token-controller.ts';
import { SimulatedStorage } from './simulated-storage/simulated-storage.ts';
import { StatefulSetController } from './statefulset/stateful-set-controller.ts';
import { TaintEviction } from './taint-eviction/taint-eviction.ts';
import { TtlAfterFinished } from './ttl-after-finished/ttl-after-finished.ts';
import { TtlController } from './ttl/ttl-controller.ts';

/** A controller's name, its service account, and what makes it. */
type Row = readonly [string, string, new (context: ControllerContext) => Controller];

const workloads: readonly Row[] = [
  ['cronjob-controller', 'cronjob-controller', CronJobController],
  ['daemonset-controller', 'daemon-set-controller', DaemonSetController],
  ['deployment-controller', 'deployment-controller', DeploymentController],
  ['disruption-controller', 'disruption-controller', DisruptionController],
  ['horizontal-pod-autoscaler-controller', 'horizontal-pod-autoscaler', HorizontalController],
  ['job-controller', 'job-controller', JobController],
  ['statefulset-controller', 'statefulset-controller', StatefulSetController],
  ['ttl-after-finished-controller', 'ttl-after-finished-controller', TtlAfterFinished],
];

const network: readonly Row[] = [
  ['endpoints-controller', 'endpoint-controller', EndpointsController],
  ['endpointslice-controller', 'endpointslice-controller', EndpointSliceController],
  [
    'endpointslice-mirroring-controller',
    'endpointslicemirroring-controller',
    EndpointSliceMirroringController,
  ],
];

const nodes: readonly Row[] = [
  ['node-ipam-controller', 'node-controller', NodeIpam],
  ['node-lifecycle-controller', 'node-controller', NodeLifecycle],
  ['taint-eviction-controller', 'node-controller', TaintEviction],
  ['ttl-controller', 'ttl-controller', TtlController],
];

const storage: readonly Row[] = [
  ['ephemeral-volume-controller', 'ephemeral-volume-controller', EphemeralVolume],
  ['persistentvolume-binder-controller', 'persistent-volume-binder', PersistentVolumeBinder],
  ['persistentvolume-expander-controller', 'expand-controller', PersistentVolumeExpander],
  ['persistentvolume-protection-controller', 'pv-protection-controller', VolumeProtection],
  ['persistentvolumeclaim-protection-controller', 'pvc-protection-controller', ClaimProtection],
  // Elsewhere a process of its own provisions.
  ['simulated-storage-controller', 'persistent-volume-binder', SimulatedStorage],
];

const identity: readonly Row[] = [
  [
    'certificatesigningrequest-approving-controller',
    'certificate-controller',
    CsrApprovingController,
  ],
  ['certificatesigningrequest-cleaner-controller', 'certificate-controller', CsrCleanerController],
  ['certificatesigningrequest-signing-controller', 'certificate-controller', CsrSigningController],
  [
    'clusterrole-aggregation-controller',
    'clusterrole-aggregation-controller',
    ClusterRoleAggregation,
  ],
  ['root-ca-certificate-publisher-controller', 'root-ca-cert-publisher', RootCaPublisher],
  ['serviceaccount-controller', 'service-account-controller', ServiceAccountController],
];

const everything: readonly Row[] = [
  ['garbage-collector-controller', 'generic-garbage-collector', GarbageCollector],
  ['namespace-controller', 'namespace-controller', NamespaceController],
  ['pod-garbage-collector-controller', 'pod-garbage-collector', PodGarbageCollector],
  ['resourcequota-controller', 'resourcequota-controller', ResourceQuotaController],
];

function descriptorOf([name, account, Made]: Row): ControllerDescriptor {
  return { name, account, create: (context) => new Made(context) };
}

/** Every controller of kube-controller-manager. */
export const descriptors: readonly ControllerDescriptor[] = [
  ...[...workloads, ...network, ...nodes, ...storage, ...identity, ...everything].map(descriptorOf),
  {
    name: 'replicaset-controller',
    account: 'replicaset-controller',
    create: (context) => new ReplicaController(context, replicaSetKind),
  },
  {
    name: 'replicationcontroller-controller',
    account: 'replication-controller',
    create: (context) => new ReplicaController(context, replicationControllerKind),
  },
  {
    name: 'bootstrap-signer-controller',
    account: 'bootstrap-signer',
    offByDefault: true,
    create: (context) => new BootstrapSigner(context),
  },
  {
    name: 'token-cleaner-controller',
    account: 'token-cleaner',
    offByDefault: true,
    create: (context) => new TokenCleaner(context),
  },
  // Asks as the process itself: it makes the tokens that the others ask with.
  { name: 'serviceaccount-token-controller', create: (context) => new TokenController(context) },
];
