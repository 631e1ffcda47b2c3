import type { RuntimeClass } from '../generated/node-v1.generated.ts';
import type { PriorityClass } from '../generated/scheduling-v1.generated.ts';
import type { Toleration } from '../generated/core-v1.generated.ts';
import { isDns1123Label } from '../names.ts';
import { asInternal } from './internal.ts';
import { immutable, kindValidation, plainKind } from './kind-validation.ts';
import { labels } from './label-selector.ts';
import { objectMeta, objectMetaUpdate, subdomainName } from './metadata.ts';
import type { Place } from './place.ts';
import { resourceRequirements } from './pod/resources.ts';
import { tolerations } from './pod/scheduling.ts';
import { each, enumOf, requiredName, Seen } from './rules.ts';

/** Classes of Pods: how important they are, and what runs them. */

const highestForUsers = 1_000_000_000;
const systemCritical = 2 * highestForUsers;
const systemPrefix = 'system-';
const systemClasses: Readonly<Record<string, number>> = {
  'system-node-critical': systemCritical + 1000,
  'system-cluster-critical': systemCritical,
};

function systemClassProblem({ metadata, value, globalDefault }: PriorityClass): string {
  const { name = '' } = metadata;
  const expected = systemClasses[name];
  if (expected === undefined) return `${name} is not a known system priority class`;
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : '';
}

function newPriorityClass(object: PriorityClass, at: Place): void {
  const { metadata, value = 0, preemptionPolicy } = object;
  objectMeta(metadata, at.child('metadata'), { namespaced: false, nameRule: subdomainName });
  if (metadata.name?.startsWith(systemPrefix)) {
    const problem = systemClassProblem(object);
    if (problem) {
      at.child('metadata')
        .child('name')
        .forbidden(
          `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`,
        );
    }
  } else if (value > highestForUsers) {
    at.child('value').forbidden(
      `maximum allowed value of a user defined priority is ${highestForUsers}`,
    );
  }
  if (preemptionPolicy !== undefined) {
    const place = at.child('preemptionPolicy');
    if (preemptionPolicy) enumOf('PreemptLowerPriority', 'Never')(preemptionPolicy, place);
    else place.required();
  }
}

export const priorityClass = kindValidation<PriorityClass>({
  create: newPriorityClass,
  update: (object, old, at) => {
    objectMetaUpdate(object.metadata, old.metadata, at.child('metadata'));
    if (object.value !== old.value) at.child('value').forbidden('may not be changed in an update.');
    const place = at.child('preemptionPolicy');
    immutable(object.preemptionPolicy, old.preemptionPolicy, place);
  },
});

function distinctTolerations(list: readonly Toleration[] | undefined, at: Place): void {
  tolerations(list, at);
  const seen = new Seen();
  each<Toleration>((toleration, place) => {
    const { key, operator, value, effect } = toleration;
    if (!seen.add(JSON.stringify([key, operator, value, effect]))) {
      place.duplicate(asInternal('Toleration', toleration));
    }
  })(list, at);
}

export const runtimeClass = plainKind<RuntimeClass>({
  namespaced: false,
  nameRule: subdomainName,
  anyFinalizer: true,
  rules: ({ handler, overhead, scheduling }, at) => {
    requiredName(isDns1123Label)(handler, at.child('handler').declared);
    if (overhead) {
      resourceRequirements({ limits: overhead.podFixed ?? {} }, at.child('overhead'), new Set());
    }
    if (!scheduling) return;
    const place = at.child('scheduling');
    labels(scheduling.nodeSelector, place.child('nodeSelector'));
    distinctTolerations(scheduling.tolerations, place.child('tolerations'));
  },
  update: (object, old, at) =>
    immutable(object.handler, old.handler, at.child('handler').declared, null),
});
