import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import type { PriorityClass } from '../../objects/generated/scheduling-v1.generated.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { createdPod, isResource, refuseRequest, withPodSpec } from './attributes.ts';

/** Turns the name of a Pod's priority class into numbers; at most one class is the default. */
export class Priority implements AdmissionPlugin {
  readonly name = 'Priority';
  readonly #classes: Lister<PriorityClass>;

  constructor(classes: Lister<PriorityClass>) {
    this.#classes = classes;
  }

  mutate(attributes: Attributes): ApiObject | undefined {
    const pod = createdPod(attributes);
    if (pod !== undefined) return this.#create(attributes, pod);
    if (attributes.operation !== 'UPDATE' || !isResource(attributes, '', 'pods')) return undefined;
    const next = attributes.object as unknown as Pod;
    const old = attributes.old as unknown as Pod;
    const { priority = old.spec.priority, preemptionPolicy = old.spec.preemptionPolicy } =
      next.spec;
    return withPodSpec(next, {
      ...next.spec,
      ...(priority === undefined ? {} : { priority }),
      ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
    });
  }

  validate(attributes: Attributes): void {
    const { operation } = attributes;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    if (!isResource(attributes, 'scheduling.k8s.io', 'priorityclasses')) return;
    const given = attributes.object as unknown as PriorityClass;
    const found = given.globalDefault === true ? this.#default() : undefined;
    if (found === undefined) return;
    if (operation === 'UPDATE' && found.metadata.name === given.metadata.name) return;
    throw refuseRequest(
      attributes,
      `PriorityClass ${found.metadata.name ?? ''} is already marked as default. Only one default can exist`,
    );
  }

  #create(attributes: Attributes, pod: Pod): ApiObject {
    const { spec } = pod;
    const chosen = this.#choose(attributes, spec.priorityClassName ?? '');
    const { priority, preemptionPolicy } = chosen;
    if (spec.priority !== undefined && spec.priority !== priority)
      throw refuseRequest(
        attributes,
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
      );
    if (
      preemptionPolicy !== undefined &&
      spec.preemptionPolicy !== undefined &&
      spec.preemptionPolicy !== preemptionPolicy
    )
      throw refuseRequest(
        attributes,
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${preemptionPolicy} from the given PriorityClass name`,
      );
    return withPodSpec(pod, {
      ...spec,
      ...(chosen.name === '' ? {} : { priorityClassName: chosen.name }),
      priority,
      ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
    });
  }

  #choose(
    attributes: Attributes,
    name: string,
  ): {
    readonly name: string;
    readonly priority: number;
    readonly preemptionPolicy?: NonNullable<PriorityClass['preemptionPolicy']>;
  } {
    const found = name === '' ? this.#default() : this.#classes.get('', name);
    if (found !== undefined)
      return {
        name: found.metadata.name ?? '',
        priority: found.value ?? 0,
        ...(found.preemptionPolicy === undefined
          ? {}
          : { preemptionPolicy: found.preemptionPolicy }),
      };
    if (name === '') return { name, priority: 0, preemptionPolicy: 'PreemptLowerPriority' };
    throw refuseRequest(attributes, `no PriorityClass with name ${name} was found`);
  }

  /** Were there several, the lowest counts. */
  #default(): PriorityClass | undefined {
    const classes = this.#classes.list();
    return classes
      .filter(({ globalDefault }) => globalDefault === true)
      .toSorted((one, other) => (one.value ?? 0) - (other.value ?? 0))[0];
  }
}
