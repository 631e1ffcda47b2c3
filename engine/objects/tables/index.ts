import type { FlowSchema } from '../generated/flowcontrol-v1.generated.ts';
import type { Pod } from '../generated/core-v1.generated.ts';
import type { StorageClass } from '../generated/storage-v1.generated.ts';
import { inStorageVersion } from '../conversion/index.ts';
import type { KubernetesObject } from '../kubernetes-object.ts';
import { horizontalPodAutoscaler } from './autoscaling.ts';
import { tableColumns } from './columns.ts';
import * as core from './core.ts';
import * as network from './network.ts';
import * as others from './others.ts';
import { pod, podConditions } from './pods.ts';
import * as storage from './storage.ts';
import type { Printer, TableRow } from './table.ts';
import * as workloads from './workloads.ts';

const printers: Readonly<Record<string, Printer<never>>> = {
  APIService: others.apiService,
  CertificateSigningRequest: others.certificateSigningRequest,
  ClusterRoleBinding: others.roleBinding,
  ClusterTrustBundle: others.clusterTrustBundle,
  ComponentStatus: core.componentStatus,
  ConfigMap: core.configMap,
  ControllerRevision: workloads.controllerRevision,
  CronJob: workloads.cronJob,
  CSIDriver: storage.csiDriver,
  CSINode: storage.csiNode,
  CustomResourceDefinition: others.customResourceDefinition,
  DaemonSet: workloads.daemonSet,
  Deployment: workloads.deployment,
  DeviceClass: others.nameAndAge,
  DeviceTaintRule: others.deviceTaintRule,
  Endpoints: network.endpoints,
  EndpointSlice: network.endpointSlice,
  Event: core.event,
  FlowSchema: others.flowSchema,
  HorizontalPodAutoscaler: horizontalPodAutoscaler,
  Ingress: network.ingress,
  IngressClass: network.ingressClass,
  IPAddress: network.ipAddress,
  Job: workloads.job,
  Lease: others.lease,
  MutatingAdmissionPolicy: others.mutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding: others.admissionPolicyBinding,
  MutatingWebhookConfiguration: others.webhookConfiguration,
  Namespace: core.namespace,
  NetworkPolicy: network.networkPolicy,
  Node: core.node,
  PersistentVolume: storage.persistentVolume,
  PersistentVolumeClaim: storage.persistentVolumeClaim,
  Pod: pod,
  PodCertificateRequest: others.podCertificateRequest,
  PodDisruptionBudget: workloads.podDisruptionBudget,
  PodTemplate: workloads.podTemplate,
  PriorityClass: others.priorityClass,
  PriorityLevelConfiguration: others.priorityLevel,
  ReplicaSet: workloads.replicaSet,
  ReplicationController: workloads.replicationController,
  ResourceClaim: others.resourceClaim,
  ResourceClaimTemplate: others.nameAndAge,
  ResourceQuota: core.resourceQuota,
  ResourceSlice: others.resourceSlice,
  RoleBinding: others.roleBinding,
  RuntimeClass: others.runtimeClass,
  Scale: workloads.scale,
  Secret: core.secret,
  Service: network.service,
  ServiceAccount: core.serviceAccount,
  ServiceCIDR: network.serviceCidr,
  StatefulSet: workloads.statefulSet,
  StorageClass: storage.storageClass,
  StorageVersionMigration: others.storageVersionMigration,
  ValidatingAdmissionPolicy: others.validatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding: others.admissionPolicyBinding,
  ValidatingWebhookConfiguration: others.webhookConfiguration,
  VolumeAttachment: storage.volumeAttachment,
  VolumeAttributesClass: storage.volumeAttributesClass,
};

/** The row of one object; `now` in milliseconds since 1970. */
export function tableRow<Item extends KubernetesObject>(object: Item, now: number): TableRow<Item> {
  if (!object.metadata.name) return blankRow(object);
  const print = printers[object.kind] as Printer<KubernetesObject> | undefined;
  if (print === undefined) {
    return { cells: [object.metadata.name, object.metadata.creationTimestamp ?? ''], object };
  }
  const cells = print(inStorageVersion(object), now);
  const conditions = object.kind === 'Pod' ? podConditions(object as unknown as Pod) : undefined;
  return conditions ? { cells, conditions, object } : { cells, object };
}

/** The rows of a list, in the order in which upstream shows them. */
export function tableRows<Item extends KubernetesObject>(
  objects: readonly Item[],
  now: number,
): readonly TableRow<Item>[] {
  switch (objects[0]?.kind) {
    case 'FlowSchema': {
      const schemas = objects as readonly (Item & FlowSchema)[];
      return others.inMatchingOrder(schemas).map((schema) => tableRow(schema, now));
    }
    case 'StorageClass': {
      const chosen: unknown = storage.defaultStorageClass(
        objects as readonly (Item & StorageClass)[],
      );
      return objects.map((object) => {
        const row = tableRow(object, now);
        const name = `${object.metadata.name} (default)`;
        return object === chosen ? { ...row, cells: row.cells.with(0, name) } : row;
      });
    }
    default:
      return objects.map((object) => tableRow(object, now));
  }
}

const blanks: Readonly<Record<string, unknown>> = { integer: 0, boolean: false };

/** Bookmarks of a watch come as objects that have nothing but a resource version. */
function blankRow<Item extends KubernetesObject>(object: Item): TableRow<Item> {
  return { cells: tableColumns(object).map(({ type }) => blanks[type] ?? ''), object };
}
