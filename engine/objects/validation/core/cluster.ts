import type {
  Namespace,
  Node,
  NodeAddress,
  NodeConfigSource,
  ResourceQuota,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
  Taint,
} from '../../generated/core-v1.generated.ts';
import { isCidr, isDualStack, parseCidr } from '../../ip.ts';
import {
  isConfigMapKey,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from '../../names.ts';
import { asInternal } from '../internal.ts';
import { kindValidation } from '../kind-validation.ts';
import { labelName } from '../label-selector.ts';
import {
  labelLikeName,
  objectMeta,
  objectMetaUpdate,
  qualifiedFinalizer,
  subdomainName,
} from '../metadata.ts';
import type { Place } from '../place.ts';
import { taintEffect } from '../pod/scheduling.ts';
import { isStandardQuotaResource, quotaResourceName, resourceQuantity } from '../resource-names.ts';
import { each, isEmpty, requiredName, Seen, type Rule } from '../rules.ts';
import { sameValue } from '../same-value.ts';

/** Nodes, Namespaces and ResourceQuotas. */

const taints: Rule<readonly Taint[] | undefined> = (list = [], at) => {
  const seen = new Seen();
  for (const [index, taint] of list.entries()) {
    const place = at.index(index);
    labelName(taint.key, place.child('key'));
    const messages = isLabelValue(taint.value ?? '');
    if (messages.length > 0) place.child('value').invalid(taint.value, messages.join(';'));
    if (taint.effect) taintEffect(taint.effect, place.child('effect'));
    else place.child('effect').required();
    if (!seen.add(`${taint.effect}/${taint.key}`)) {
      place.report(
        'FieldValueDuplicate',
        asInternal('Taint', taint),
        'taints must be unique by key and effect pair',
      );
    }
  }
};

function nodeStatus(node: Node, at: Place): void {
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, quantity] of Object.entries(node.status?.[list] ?? {})) {
      resourceQuantity(name, quantity, at.child('status').child(list).child(name));
    }
  }
}

const featureName = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/;

function declaredFeatures(features: readonly string[] = [], at: Place): void {
  for (const [index, feature] of features.entries()) {
    const place = at.index(index);
    const name = `invalid feature name "${feature}": must`;
    if (feature.length > 253) place.invalid(feature, `${name} be no more than 253 characters`);
    else if (!featureName.test(feature)) {
      place.invalid(
        feature,
        `${name} start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
      );
    }
    const next = features[index + 1];
    if (next === undefined) continue;
    if (next === feature) at.index(index + 1).duplicate(next);
    else if (feature > next)
      at.index(index + 1).invalid(next, 'list must be sorted alphabetically');
  }
}

function nodeCreation(node: Node, at: Place): void {
  const { metadata: meta, spec, status = {} } = node;
  const metaAt = at.child('metadata');
  objectMeta(meta, metaAt, { namespaced: false, nameRule: subdomainName });
  // Upstream reports these two below the metadata.
  taints(spec.taints, metaAt.child('taints'));
  nodeStatus(node, at);
  const swap = status.nodeInfo?.swap?.capacity;
  if (swap !== undefined && swap <= 0) {
    metaAt.child('nodeSwapStatus').child('capacity').invalid(swap, 'must be greater than zero');
  }
  declaredFeatures(status.declaredFeatures, at.child('status').child('declaredFeatures'));
  const { podCIDRs = [] } = spec;
  const place = at.child('spec').child('podCIDRs');
  each<string>((cidr, item) => item.invalidEach(cidr, isCidr(cidr)))(podCIDRs, place);
  if (podCIDRs.length > 1) {
    const bad = podCIDRs.findIndex((cidr) => !parseCidr(cidr));
    if (bad >= 0) {
      place.report(
        'InternalError',
        undefined,
        `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${podCIDRs[bad]})`,
      );
    }
    const isDual = isDualStack(podCIDRs.map((cidr) => parseCidr(cidr)?.address));
    if (!isDual || podCIDRs.length > 2) {
      place.invalid(podCIDRs, 'may specify no more than one CIDR for each IP family');
    }
  }
}

function nodeStatusUpdate(node: Node, old: Node, at: Place): void {
  const { metadata: meta, spec, status = {} } = node;
  const { metadata: oldMeta, spec: oldSpec } = old;
  const metaAt = at.child('metadata');
  const specAt = at.child('spec');
  objectMetaUpdate(meta, oldMeta, metaAt);
  nodeStatus(node, at);
  declaredFeatures(status.declaredFeatures, at.child('status').child('declaredFeatures'));
  const addresses = new Seen();
  each<NodeAddress>((address, place) => {
    if (!addresses.add(`${address.type}/${address.address}`)) {
      place.duplicate(asInternal('NodeAddress', address));
    }
  })(status.addresses, at.child('status').child('addresses'));
  if (!isEmpty(oldSpec.podCIDRs) && !sameValue(spec.podCIDRs, oldSpec.podCIDRs)) {
    specAt
      .child('podCIDRs')
      .forbidden('node updates may not change podCIDR except from "" to valid');
  }
  if (oldSpec.providerID && spec.providerID !== oldSpec.providerID) {
    specAt
      .child('providerID')
      .invalid(null, `field cannot be ${spec.providerID ? 'modified' : 'cleared'} once set`);
  }
  if (spec.configSource) configSource(spec.configSource, specAt.child('configSource'), 'spec');
  for (const use of ['assigned', 'active', 'lastKnownGood'] as const) {
    const source = status.config?.[use];
    const place = at.child('status').child('config').child(use);
    if (source) configSource(source, place, 'status');
  }
  taints(spec.taints, metaAt.child('taints'));
  if (spec.externalID !== oldSpec.externalID) {
    specAt.child('externalID').forbidden('may not be updated');
  }
}

function configSource(
  { configMap: source }: NodeConfigSource,
  at: Place,
  where: 'spec' | 'status',
): void {
  if (!source) {
    return at.invalid(
      asInternal('NodeConfigSource', {}),
      'exactly one reference subfield must be non-nil',
    );
  }
  const place = at.child('configMap');
  for (const field of ['uid', 'resourceVersion'] as const) {
    if (where === 'status' && !source[field]) place.child(field).required();
    if (where === 'spec' && source[field]) {
      place.child(field).forbidden(`${field} must not be set in spec`);
    }
  }
  requiredName(isDns1123Label)(source.namespace, place.child('namespace'));
  requiredName(isDns1123Subdomain)(source.name, place.child('name'));
  requiredName(isConfigMapKey)(source.kubeletConfigKey, place.child('kubeletConfigKey'));
}

export const node = kindValidation<Node>({
  create: nodeCreation,
  update: (node, old, at) => {
    nodeCreation(node, at);
    nodeStatusUpdate(node, old, at);
  },
  subresources: { status: nodeStatusUpdate },
});

function namespaceFinalizer(finalizer: string, at: Place): void {
  at.invalidEach(finalizer, isQualifiedName(finalizer));
  qualifiedFinalizer(finalizer, at);
}

function namespaceUpdate(value: Namespace, old: Namespace, at: Place): void {
  objectMetaUpdate(value.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
}

export const namespace = kindValidation<Namespace>({
  create: ({ metadata: meta, spec }, at) => {
    objectMeta(meta, at.child('metadata'), { namespaced: false, nameRule: labelLikeName });
    for (const finalizer of spec?.finalizers ?? []) {
      namespaceFinalizer(finalizer, at.child('spec').child('finalizers'));
    }
  },
  update: namespaceUpdate,
  subresources: {
    status: (value, old, at) => {
      namespaceUpdate(value, old, at);
      const { phase = '' } = value.status ?? {};
      const isDeleted = value.metadata?.deletionTimestamp !== undefined;
      const expected = isDeleted ? 'Terminating' : 'Active';
      if (phase === expected) return;
      at.child('status')
        .child('Phase')
        .invalid(
          phase,
          `may only be '${expected}' if \`deletionTimestamp\` is ${isDeleted ? 'not ' : ''}empty`,
        );
    },
    finalize: (value, old, at) => {
      namespaceUpdate(value, old, at);
      each(namespaceFinalizer)(value.spec?.finalizers, at.child('spec').child('finalizers'));
    },
  },
});

const exists = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
];
const scopes = [...exists, 'PriorityClass', 'VolumeAttributesClass'];
const contradictions = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

const podCompute = [
  'pods',
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
];

/** Whether a quota of `resource` can be about objects in `scope` alone. */
function isLimitable(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') {
    return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
  }
  return !scopes.includes(scope) || podCompute.includes(resource);
}

function quotaScopes(spec: ResourceQuotaSpec, at: Place): void {
  const { scopes: list = [], scopeSelector } = spec;
  const limited = Object.keys(spec.hard ?? {}).filter(isStandardQuotaResource);
  const isContradictory = (found: readonly string[]) =>
    contradictions.filter((pair) => pair.every((scope) => found.includes(scope)));
  const place = at.child('scopes');
  for (const scope of list) {
    if (!scopes.includes(scope)) place.invalid(list, 'unsupported scope');
    for (const resource of limited) {
      if (!isLimitable(scope, resource)) {
        place.invalid(list, 'unsupported scope applied to resource');
      }
    }
  }
  for (const _ of isContradictory(list)) place.invalid(list, 'conflicting scopes');
  if (!scopeSelector) return;
  const { matchExpressions = [] } = scopeSelector;
  const selectorAt = at.child('scopeSelector').child('matchExpressions');
  for (const requirement of matchExpressions) {
    const { scopeName } = requirement;
    if (!scopes.includes(scopeName)) {
      selectorAt.child('scopeName').invalid(scopeName, 'unsupported scope');
    }
    for (const resource of limited) {
      if (!isLimitable(scopeName, resource)) {
        selectorAt.invalid(
          asInternal('ScopeSelector', scopeSelector),
          'unsupported scope applied to resource',
        );
      }
    }
    scopeRequirement(requirement, selectorAt);
  }
  for (const _ of isContradictory(matchExpressions.map(({ scopeName }) => scopeName))) {
    selectorAt.invalid(spec.scopes ?? null, 'conflicting scopes');
  }
}

function scopeRequirement(requirement: ScopedResourceSelectorRequirement, at: Place): void {
  const { scopeName, operator, values = [] } = requirement;
  if (exists.includes(scopeName) && operator !== 'Exists') {
    at.child('operator').invalid(
      operator,
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
    );
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      at.child('values').required(
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      );
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      at.child('values').invalid(
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      );
    }
  } else at.child('operator').invalid(operator ?? '', 'not a valid selector operator');
}

function quantities(list: Readonly<Record<string, string>> = {}, at: Place): void {
  for (const [name, quantity] of Object.entries(list)) {
    quotaResourceName(name, at.key(name));
    resourceQuantity(name, quantity, at.key(name));
  }
}

function quotaSpec(spec: ResourceQuotaSpec, at: Place): void {
  quantities(spec.hard, at.child('hard'));
  quotaScopes(spec, at);
}

function quotaStatus({ status = {} }: ResourceQuota, at: Place): void {
  quantities(status.hard, at.child('status').child('hard'));
  quantities(status.used, at.child('status').child('used'));
}

export const resourceQuota = kindValidation<ResourceQuota>({
  create: (value, at) => {
    const { metadata: meta, spec } = value;
    objectMeta(meta, at.child('metadata'), { namespaced: true, nameRule: subdomainName });
    quotaSpec(spec, at.child('spec'));
    quotaStatus(value, at);
  },
  update: ({ metadata: meta, spec }, old, at) => {
    objectMetaUpdate(meta, old.metadata ?? {}, at.child('metadata'));
    quotaSpec(spec, at.child('spec'));
    const sorted = (list: readonly string[] = []) => [...new Set(list)].toSorted();
    if (!sameValue(sorted(spec.scopes), sorted(old.spec?.scopes))) {
      at.child('spec')
        .child('scopes')
        .invalid(spec.scopes ?? null, 'field is immutable');
    }
  },
  subresources: {
    status: (value, old, at) => {
      objectMetaUpdate(value.metadata ?? {}, old.metadata ?? {}, at.child('metadata'));
      if (!value.metadata?.resourceVersion) at.child('resourceVersion').required();
      quotaStatus(value, at);
    },
  },
});
