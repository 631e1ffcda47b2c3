import type { Namespace, Pod } from '../../../objects/generated/core-v1.generated.ts';
import { forbidden, internalError } from '../../../objects/status/status-error.ts';
import { describeErrors, invalidObject } from '../../../objects/validation/field-error.ts';
import { fieldAt, type ApiObject } from '../../registry/api-object.ts';
import { Lister } from '../../registry/lister.ts';
import {
  keyOf,
  qualifiedKind,
  qualifiedResource,
  type StoredResource,
} from '../../registry/served-resource.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';
import type { CheckedPod } from './check.ts';
import { detailsOf, reasonsOf, violations } from './evaluate.ts';
import {
  compareLevels,
  equalLevels,
  policyOf,
  printLevelVersion,
  type LevelVersion,
} from './policy.ts';

/** Pods looked at when a namespace gets another level. */
const MOST_PODS = 3000;

/** Subresources of Pods whose bodies are no Pods, and the one that says nothing about how a Pod runs. */
const OTHER_SUBRESOURCES = [
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
];

/** Where controllers keep what they make Pods from. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  replicationcontrollers: ['spec', 'template'],
  podtemplates: ['template'],
  'replicasets.apps': ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** Of labels of namespaces, and of notes in the audit log. */
const PREFIX = 'pod-security.kubernetes.io/';

type Asked = ReturnType<typeof policyOf>;

function wouldViolate(level: LevelVersion, pod: CheckedPod): string | undefined {
  const found = violations(level, pod);
  return found.length === 0
    ? undefined
    : `would violate PodSecurity ${printed(level)}: ${detailsOf(found)}`;
}

const printed = (policy: LevelVersion): string => JSON.stringify(printLevelVersion(policy));

/** Whether a change of a Pod touches what was judged when it was made: its images and containers. */
function changesContainers({ spec: next }: Pod, { spec: old }: Pod): boolean {
  const differ = (kind: 'containers' | 'initContainers'): boolean => {
    const [now = [], before = []] = [next[kind], old[kind]];
    return (
      now.length !== before.length || now.some(({ image }, index) => image !== before[index]?.image)
    );
  };
  if (differ('containers') || differ('initContainers')) return true;
  const before = old.ephemeralContainers ?? [];
  return (next.ephemeralContainers ?? []).some(({ name, image }) => {
    const known = before.find((container) => container.name === name);
    return known === undefined || known.image !== image;
  });
}

/** Holds Pods against the Pod Security Standards, as the labels of their namespace ask (KEP-2579). */
export class PodSecurity implements AdmissionPlugin {
  readonly name = 'PodSecurity';
  readonly #namespaces: StoredResource;
  readonly #known: Lister;
  readonly #pods: Lister<Pod>;

  constructor(namespaces: StoredResource, pods: Lister<Pod>) {
    this.#namespaces = namespaces;
    this.#known = new Lister(namespaces);
    this.#pods = pods;
  }

  async validate(attributes: Attributes): Promise<void> {
    const { operation, resource, subresource, object } = attributes;
    if ((operation !== 'CREATE' && operation !== 'UPDATE') || object === undefined) return;
    const { group, name } = qualifiedResource(resource);
    const id = group === '' ? name : `${name}.${group}`;
    if (id === 'pods') await this.#checkPod(attributes, object as unknown as Pod);
    else if (subresource !== '') return;
    else if (id === 'namespaces') this.#checkNamespace(attributes, object);
    else if (TEMPLATES[id] !== undefined)
      await this.#checkTemplate(
        attributes,
        fieldAt(object, TEMPLATES[id]) as CheckedPod | undefined,
      );
  }

  async #checkPod(attributes: Attributes, pod: Pod): Promise<void> {
    if (OTHER_SUBRESOURCES.includes(attributes.subresource)) return;
    const asked = await this.#policyFor(attributes.namespace);
    if (asked === undefined)
      throw internalError(new Error(`failed to lookup namespace "${attributes.namespace}"`));
    const { operation, old, annotate } = attributes;
    if (operation === 'UPDATE' && !changesContainers(pod, old as unknown as Pod)) return;
    const { enforce } = asked.policy;
    annotate(`${PREFIX}enforce-policy`, printLevelVersion(enforce));
    this.#audit(attributes, asked, pod);
    const found = violations(enforce, pod);
    if (found.length > 0)
      throw forbidden(
        qualifiedResource(attributes.resource),
        attributes.name,
        `violates PodSecurity ${printed(enforce)}: ${detailsOf(found)}`,
      );
    this.#warn(attributes, asked, pod);
  }

  /** What controllers make is judged when it is made; who writes the template is warned before. */
  async #checkTemplate(attributes: Attributes, template: CheckedPod | undefined): Promise<void> {
    const asked = await this.#policyFor(attributes.namespace);
    if (asked === undefined || template === undefined) return;
    this.#audit(attributes, asked, template);
    this.#warn(attributes, asked, template);
  }

  #warn({ warn }: Attributes, { policy }: Asked, pod: CheckedPod): void {
    const told = wouldViolate(policy.warn, pod);
    if (told !== undefined) warn(told);
  }

  #audit({ annotate }: Attributes, { policy, errors }: Asked, pod: CheckedPod): void {
    if (errors.length > 0)
      annotate(`${PREFIX}error`, `Failed to parse policy: ${describeErrors(errors)}`);
    const told = wouldViolate(policy.audit, pod);
    if (told !== undefined) annotate(`${PREFIX}audit-violations`, told);
  }

  async #policyFor(namespace: string): Promise<Asked | undefined> {
    const found =
      this.#known.get('', namespace) ??
      (await this.#namespaces.storage.get(keyOf(this.#namespaces, '', namespace)))?.object;
    return found === undefined ? undefined : policyOf(found.metadata.labels);
  }

  #checkNamespace(attributes: Attributes, object: ApiObject): void {
    const { name, resource, warn } = attributes;
    const { policy, errors } = policyOf(object.metadata.labels);
    const old = attributes.old as unknown as Namespace | undefined;
    const before = old === undefined ? undefined : policyOf(old.metadata.labels);
    const known = new Set(before?.errors.map(String));
    const changed =
      errors.length !== known.size || errors.some((error) => !known.has(String(error)));
    if (errors.length > 0 && changed) throw invalidObject(qualifiedKind(resource), name, errors);
    if (before === undefined) return;
    const { enforce } = policy;
    const was = before.policy.enforce;
    const relaxed = enforce.minor === was.minor && compareLevels(enforce.level, was.level) <= 0;
    if (equalLevels(enforce, was) || enforce.level === 'privileged' || relaxed) return;
    for (const text of this.#existing(name, enforce)) warn(text);
  }

  /** Warnings about Pods that a new level would not let in: for each kind of violation one of them, and how many more. */
  #existing(namespace: string, enforce: LevelVersion): readonly string[] {
    const pods = oneOfEachFirst(this.#pods.list(namespace));
    const looked = pods.slice(0, MOST_PODS);
    const names = new Map<string, string[]>();
    for (const pod of looked) {
      const found = violations(enforce, pod);
      if (found.length === 0) continue;
      const reasons = reasonsOf(found);
      names.set(reasons, [...(names.get(reasons) ?? []), pod.metadata.name ?? '']);
    }
    const told = [...names].map(([reasons, violating]) => {
      const [first = ''] = violating.toSorted();
      const more = violating.length - 1;
      const others = more === 0 ? '' : ` (and ${more} other ${more === 1 ? 'pod' : 'pods'})`;
      return `${first}${others}: ${reasons}`;
    });
    return [
      ...(looked.length < pods.length
        ? [
            `new PodSecurity enforce level only checked against the first ${looked.length} of ${pods.length} existing pods`,
          ]
        : []),
      ...(told.length > 0
        ? [
            `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level ${printed(enforce)}`,
          ]
        : []),
      ...told.toSorted(),
    ];
  }
}

/** Pods of one controller are alike, so all but its first come last. */
function oneOfEachFirst(pods: readonly Pod[]): readonly Pod[] {
  const seen = new Set<string>();
  const later: Pod[] = [];
  const first = pods.filter((pod) => {
    const controller = pod.metadata.ownerReferences?.find((owner) => owner.controller === true);
    if (controller === undefined) return true;
    if (!seen.has(controller.uid)) {
      seen.add(controller.uid);
      return true;
    }
    later.push(pod);
    return false;
  });
  return [...first, ...later];
}
