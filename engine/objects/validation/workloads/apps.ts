import type {
  ControllerRevision,
  DaemonSet,
  DaemonSetSpec,
  DaemonSetUpdateStrategy,
  Deployment,
  DeploymentSpec,
  DeploymentStrategy,
  ReplicaSet,
  ReplicaSetSpec,
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetSpec,
} from '../../generated/apps-v1.generated.ts';
import type {
  PersistentVolumeClaim,
  PodTemplateSpec,
  ReplicationController,
  Volume,
} from '../../generated/core-v1.generated.ts';
import type { LabelSelector, ObjectMeta } from '../../generated/meta-v1.generated.ts';
import { isDns1123Label } from '../../names.ts';
import { claimSpec } from '../core/persistent-volume-claim.ts';
import { amountOf, atMost100Percent, intOrPercent, invalidAmount } from '../int-or-percent.ts';
import { asInternal } from '../internal.ts';
import { immutable, kindValidation } from '../kind-validation.ts';
import { labelSelector } from '../label-selector.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from '../metadata.ts';
import type { Place } from '../place.ts';
import { each, enumOf, isEmpty, nonNegative, optional, optionalName } from '../rules.ts';
import {
  endless,
  endlessTemplate,
  isEmptySelector,
  requiredSelector,
  selects,
  templateHasLabels,
  templateIsSelected,
} from './templates.ts';

/** Deployments, ReplicaSets, StatefulSets, DaemonSets, their revisions, and ReplicationControllers. */

interface Workload {
  readonly metadata?: ObjectMeta;
}

export function workloadMeta({ metadata: meta = {} }: Workload, at: Place): void {
  objectMeta(meta, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
}

export function workloadMetaUpdate(object: Workload, old: Workload, at: Place): void {
  objectMetaUpdate(object.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
}

type Counts = Readonly<Record<string, number | undefined>>;

/** Numbers of Pods in a status: not negative, and parts not larger than the whole. */
function counts(
  status: object | undefined,
  at: Place,
  names: readonly string[],
  parts: readonly string[],
  ready = 'readyReplicas',
): void {
  const numbers = (status ?? {}) as Counts;
  for (const name of names) nonNegative(numbers[name], at.child(name));
  const number = (name: string) => numbers[name] ?? 0;
  for (const name of parts) {
    if (number(name) > number('replicas')) {
      at.child(name).invalid(number(name), 'cannot be greater than status.replicas');
    }
  }
  if (parts.length > 0 && number('availableReplicas') > number('readyReplicas')) {
    at.child('availableReplicas').invalid(
      number('availableReplicas'),
      `cannot be greater than ${ready}`,
    );
  }
}

function collisionsStay(status: object | undefined, old: object | undefined, at: Place): void {
  const count = (status as Counts | undefined)?.['collisionCount'];
  const before = (old as Counts | undefined)?.['collisionCount'];
  if (before !== undefined && (count === undefined || count < before)) {
    at.child('collisionCount').invalid(count ?? 0, 'cannot be decremented');
  }
}

const deploymentStrategy = (strategy: DeploymentStrategy, at: Place) => {
  const { type = '', rollingUpdate } = strategy;
  const place = at.child('rollingUpdate');
  if (type === 'Recreate') {
    if (rollingUpdate) {
      place.forbidden("may not be specified when strategy `type` is 'Recreate'");
    }
    return;
  }
  if (type !== 'RollingUpdate') {
    at.notSupported(asInternal('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate']);
    return;
  }
  if (!rollingUpdate) return place.required('this should be defaulted and never be nil');
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const unavailable = place.child('maxUnavailable');
  intOrPercent(maxUnavailable, unavailable);
  intOrPercent(maxSurge, place.child('maxSurge'));
  if (amountOf(maxUnavailable) === 0 && amountOf(maxSurge) === 0) {
    invalidAmount(maxUnavailable, unavailable, 'may not be 0 when `maxSurge` is 0');
  }
  atMost100Percent(maxUnavailable, unavailable);
};

/** A selector, and a template for Pods that it selects. */
function selectedTemplate(
  { selector, template = {} }: { selector?: LabelSelector; template?: PodTemplateSpec },
  at: Place,
): void {
  requiredSelector(selector, at.child('selector'), 'deployment');
  if (selector && selects(selector) === undefined) {
    at.child('selector').invalid(selector, 'invalid label selector');
    return;
  }
  const place = at.child('template');
  templateIsSelected(selector, template, place);
  endlessTemplate(template, place, 'ReplicaSet');
}

function deploymentSpec(spec: DeploymentSpec, at: Place): void {
  nonNegative(spec.replicas, at.child('replicas'));
  selectedTemplate(spec, at);
  deploymentStrategy(spec.strategy ?? {}, at.child('strategy'));
  nonNegative(spec.minReadySeconds, at.child('minReadySeconds'));
  nonNegative(spec.revisionHistoryLimit, at.child('revisionHistoryLimit'));
  const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
  if (deadline === undefined) return;
  const place = at.child('progressDeadlineSeconds');
  nonNegative(deadline, place);
  if (deadline <= minReadySeconds) place.invalid(deadline, 'must be greater than minReadySeconds');
}

export const deployment = kindValidation<Deployment>({
  create: (object, at) => {
    workloadMeta(object, at);
    deploymentSpec(object.spec, at.child('spec'));
  },
  update: (object, old, at) => {
    workloadMetaUpdate(object, old, at);
    deploymentSpec(object.spec, at.child('spec'));
    immutable(object.spec.selector, old.spec.selector, at.child('spec').child('selector'));
  },
  subresources: {
    status: (object, old, at) => {
      workloadMetaUpdate(object, old, at);
      const place = at.child('status');
      counts(
        object.status,
        place,
        [
          'observedGeneration',
          'replicas',
          'updatedReplicas',
          'readyReplicas',
          'availableReplicas',
          'unavailableReplicas',
          'terminatingReplicas',
          'collisionCount',
        ],
        ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
      );
      collisionsStay(object.status, old.status, place);
    },
  },
});

function replicaSetSpec(spec: ReplicaSetSpec, at: Place): void {
  nonNegative(spec.replicas, at.child('replicas'));
  nonNegative(spec.minReadySeconds, at.child('minReadySeconds'));
  selectedTemplate(spec, at);
}

const replicaCounts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
];
const replicaParts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'];

function replicaStatusUpdate(
  object: Workload & { status?: object },
  old: Workload,
  at: Place,
): void {
  workloadMetaUpdate(object, old, at);
  counts(object.status, at.child('status'), replicaCounts, replicaParts);
}

export const replicaSet = kindValidation<ReplicaSet>({
  create: (object, at) => {
    workloadMeta(object, at);
    replicaSetSpec(object.spec, at.child('spec'));
  },
  update: (object, old, at) => {
    workloadMetaUpdate(object, old, at);
    replicaSetSpec(object.spec, at.child('spec'));
    immutable(object.spec.selector, old.spec.selector, at.child('spec').child('selector'));
  },
  subresources: { status: replicaStatusUpdate },
});

function replicationControllerSpec({ spec }: ReplicationController, at: Place): void {
  const place = at.child('spec');
  if (isEmpty(spec.selector)) place.child('selector').required();
  if (spec.replicas === undefined) place.child('replicas').declared.required();
  else nonNegative(spec.replicas, place.child('replicas').declared);
  nonNegative(spec.minReadySeconds, place.child('minReadySeconds').declared);
  const { template, selector = {} } = spec;
  if (!template) return place.child('template').required();
  templateHasLabels(selector, template, place.child('template'));
  endlessTemplate(template, place.child('template'), 'ReplicationController');
}

export const replicationController = kindValidation<ReplicationController>({
  create: (object, at) => {
    workloadMeta(object, at);
    replicationControllerSpec(object, at);
  },
  update: (object, old, at) => {
    workloadMetaUpdate(object, old, at);
    replicationControllerSpec(object, at);
  },
  subresources: { status: replicaStatusUpdate },
});

const rollingStatefulSet = optional<RollingUpdateStatefulSetStrategy>((rolling, at) => {
  nonNegative(rolling.partition, at.child('partition'));
  const { maxUnavailable } = rolling;
  if (maxUnavailable === undefined) return;
  const place = at.child('maxUnavailable');
  intOrPercent(maxUnavailable, place);
  if (amountOf(maxUnavailable) === 0) invalidAmount(maxUnavailable, place, 'cannot be 0');
  atMost100Percent(maxUnavailable, place);
});

function statefulSetStrategy({ updateStrategy = {} }: StatefulSetSpec, at: Place): void {
  const { type, rollingUpdate } = updateStrategy;
  if (!type) at.required();
  else if (type === 'RollingUpdate') rollingStatefulSet(rollingUpdate, at.child('rollingUpdate'));
  else if (type !== 'OnDelete') {
    at.invalid(
      asInternal('StatefulSetUpdateStrategy', updateStrategy),
      "must be 'RollingUpdate' or 'OnDelete'",
    );
  } else if (rollingUpdate) {
    at.child('rollingUpdate').invalid(
      asInternal('RollingUpdateStatefulSetStrategy', rollingUpdate),
      "only allowed for updateStrategy 'RollingUpdate'",
    );
  }
}

const claimPolicy = enumOf('Retain', 'Delete');

/** The template with volumes for the claims that each Pod gets, which its containers may mount. */
function withClaims({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { spec } = template;
  if (!spec) return template;
  const { subdomain: _subdomain, hostname: _hostname, ...rest } = spec;
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata?.name ?? ''));
  const claims = [...names].map((name): Volume => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  const others = (spec.volumes ?? []).filter(({ name }) => !names.has(name));
  return { ...template, spec: { ...rest, volumes: [...claims, ...others] } };
}

const claimTemplates = each<PersistentVolumeClaim>((claim, at) =>
  claimSpec(claim.spec ?? {}, at.child('spec')),
);

/** What can only be chosen when a StatefulSet is made is not looked at again. */
function statefulSetSpec(spec: StatefulSetSpec, at: Place, isNew: boolean): void {
  const { podManagementPolicy: management, selector } = spec;
  if (!management) at.child('podManagementPolicy').required();
  else if (management !== 'OrderedReady' && management !== 'Parallel') {
    at.child('podManagementPolicy').invalid(management, "must be 'OrderedReady' or 'Parallel'");
  }
  statefulSetStrategy(spec, at.child('updateStrategy'));
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  if (retention) {
    const place = at.child('persistentVolumeClaimRetentionPolicy');
    claimPolicy(retention.whenDeleted, place.child('whenDeleted'));
    claimPolicy(retention.whenScaled, place.child('whenScaled'));
  }
  if (isNew) claimTemplates(spec.volumeClaimTemplates, at.child('volumeClaimTemplates'));
  nonNegative(spec.replicas, at.child('replicas'));
  nonNegative(spec.minReadySeconds, at.child('minReadySeconds'));
  nonNegative(spec.ordinals?.start, at.child('ordinals.start'));
  if (isNew) optionalName(isDns1123Label)(spec.serviceName, at.child('serviceName'));
  requiredSelector(selector, at.child('selector'), 'statefulset');
  const templateAt = at.child('template');
  if (selects(selector) === undefined) at.child('selector').invalid(selector, '');
  else {
    const template = withClaims(spec);
    templateIsSelected(selector, template, templateAt);
    endlessTemplate(template, templateAt, 'StatefulSet');
    return;
  }
  endless(spec.template, templateAt, 'StatefulSet');
}

export const statefulSet = kindValidation<StatefulSet>({
  create: (object, at) => {
    workloadMeta(object, at);
    statefulSetSpec(object.spec ?? ({} as StatefulSetSpec), at.child('spec'), true);
  },
  update: (object, old, at) => {
    const place = at.child('spec');
    const spec: Partial<StatefulSetSpec> = object.spec ?? {};
    const oldSpec: Partial<StatefulSetSpec> = old.spec ?? {};
    workloadMetaUpdate(object, old, at);
    statefulSetSpec(spec as StatefulSetSpec, place, false);
    immutable(spec.selector, oldSpec.selector, place.child('selector'));
    immutable(
      spec.volumeClaimTemplates,
      oldSpec.volumeClaimTemplates,
      place.child('volumeClaimTemplates'),
      asInternal('PersistentVolumeClaim', spec.volumeClaimTemplates),
    );
    immutable(
      spec.serviceName,
      oldSpec.serviceName,
      place.child('serviceName'),
      spec.serviceName ?? '',
    );
    immutable(
      spec.podManagementPolicy,
      oldSpec.podManagementPolicy,
      place.child('podManagementPolicy'),
    );
  },
  subresources: {
    status: (object, old, at) => {
      const place = at.child('status');
      counts(
        object.status,
        place,
        [
          'replicas',
          'readyReplicas',
          'currentReplicas',
          'updatedReplicas',
          'availableReplicas',
          'observedGeneration',
          'collisionCount',
        ],
        ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
        'status.readyReplicas',
      );
      workloadMetaUpdate(object, old, at);
      collisionsStay(object.status, old.status, place);
    },
  },
});

function daemonSetStrategy(strategy: DaemonSetUpdateStrategy, at: Place): void {
  const { type, rollingUpdate } = strategy;
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    at.notSupported(asInternal('DaemonSetUpdateStrategy', strategy), ['RollingUpdate', 'OnDelete']);
    return;
  }
  const place = at.child('rollingUpdate');
  if (!rollingUpdate) return place.required();
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const unavailable = place.child('maxUnavailable');
  const surge = place.child('maxSurge');
  intOrPercent(maxUnavailable, unavailable);
  intOrPercent(maxSurge, surge);
  atMost100Percent(maxUnavailable, unavailable);
  atMost100Percent(maxSurge, surge);
  const isUnavailable = amountOf(maxUnavailable) !== 0;
  const isSurging = amountOf(maxSurge) !== 0;
  if (isUnavailable && isSurging) {
    invalidAmount(maxSurge, surge, 'may not be set when maxUnavailable is non-zero');
  } else if (!isUnavailable && !isSurging) {
    unavailable.required('cannot be 0 when maxSurge is 0');
  }
}

function daemonSetSpec(spec: DaemonSetSpec, at: Place): void {
  const { selector, template } = spec;
  const place = at.child('template');
  labelSelector(selector, at.child('selector'));
  templateIsSelected(selector, template, place);
  if (selector && isEmptySelector(selector)) {
    at.child('selector').invalid(selector, 'empty selector is invalid for daemonset');
  }
  endlessTemplate(template, place, 'DaemonSet');
  nonNegative(spec.minReadySeconds, at.child('minReadySeconds'));
  daemonSetStrategy(spec.updateStrategy ?? {}, at.child('updateStrategy'));
  nonNegative(spec.revisionHistoryLimit, at.child('revisionHistoryLimit'));
}

export const daemonSet = kindValidation<DaemonSet>({
  create: (object, at) => {
    workloadMeta(object, at);
    daemonSetSpec(object.spec, at.child('spec'));
  },
  update: (object, old, at) => {
    workloadMetaUpdate(object, old, at);
    immutable(object.spec.selector, old.spec.selector, at.child('spec').child('selector'));
    daemonSetSpec(object.spec, at.child('spec'));
  },
  subresources: {
    status: (object, old, at) => {
      workloadMetaUpdate(object, old, at);
      const place = at.child('status');
      counts(
        object.status,
        place,
        [
          'currentNumberScheduled',
          'numberMisscheduled',
          'desiredNumberScheduled',
          'numberReady',
          'observedGeneration',
          'updatedNumberScheduled',
          'numberAvailable',
          'numberUnavailable',
          'collisionCount',
        ],
        [],
      );
      collisionsStay(object.status, old.status, place);
    },
  },
});

function revision(object: ControllerRevision, at: Place): void {
  workloadMeta(object, at);
  nonNegative(object.revision, at.child('revision'));
}

export const controllerRevision = kindValidation<ControllerRevision>({
  create: (object, at) => {
    revision(object, at);
    const data: unknown = object.data;
    if (data === undefined || data === null) at.child('data').required('data is mandatory');
    else if (typeof data !== 'object' || Array.isArray(data)) {
      at.child('data').required('data must be a valid JSON object');
    }
  },
  update: (object, old, at) => {
    workloadMetaUpdate(object, old, at);
    revision(object, at);
    immutable(object.data, old.data, at.child('data'));
  },
});
