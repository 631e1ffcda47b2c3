import { jsonEqual } from '../../objects/json-value.ts';
import type { PodSpec, Toleration } from '../../objects/generated/core-v1.generated.ts';
import type { RuntimeClass as RuntimeClassObject } from '../../objects/generated/node-v1.generated.ts';
import type { ApiObject } from '../registry/api-object.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { createdPod, refuseRequest, withPodSpec } from './attributes.ts';

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";

/** Adds to a Pod what its runtime costs and where it runs. */
export class RuntimeClass implements AdmissionPlugin {
  readonly name = 'RuntimeClass';
  readonly #classes: Lister<RuntimeClassObject>;

  constructor(classes: Lister<RuntimeClassObject>) {
    this.#classes = classes;
  }

  mutate(attributes: Attributes): ApiObject | undefined {
    const pod = createdPod(attributes);
    const found = pod === undefined ? undefined : this.#find(attributes, pod.spec);
    if (pod === undefined || found === undefined) return undefined;
    const overhead = found.overhead?.podFixed;
    const own = pod.spec.overhead;
    if (overhead !== undefined && own !== undefined && !jsonEqual(own, overhead))
      throw refuseRequest(attributes, MISMATCH);
    const spec = overhead === undefined ? pod.spec : { ...pod.spec, overhead };
    return withPodSpec(pod, scheduled(attributes, spec, found));
  }

  validate(attributes: Attributes): void {
    const pod = createdPod(attributes);
    if (pod === undefined) return;
    const overhead = this.#find(attributes, pod.spec)?.overhead?.podFixed;
    if (overhead === undefined) {
      if (pod.spec.overhead === undefined) return;
      throw refuseRequest(
        attributes,
        'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
      );
    }
    if (!jsonEqual(pod.spec.overhead, overhead)) throw refuseRequest(attributes, MISMATCH);
  }

  #find(attributes: Attributes, { runtimeClassName }: PodSpec): RuntimeClassObject | undefined {
    if (runtimeClassName === undefined) return undefined;
    const found = this.#classes.get('', runtimeClassName);
    if (found !== undefined) return found;
    throw refuseRequest(
      attributes,
      `pod rejected: RuntimeClass ${JSON.stringify(runtimeClassName)} not found`,
    );
  }
}

function scheduled(
  attributes: Attributes,
  spec: PodSpec,
  { scheduling }: RuntimeClassObject,
): PodSpec {
  if (scheduling === undefined) return spec;
  const { nodeSelector = {}, tolerations = [] } = scheduling;
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value)
      throw refuseRequest(
        attributes,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      );
  }
  const selector = { ...spec.nodeSelector, ...nodeSelector };
  const all: readonly Toleration[] = spec.tolerations ?? [];
  const added = tolerations.filter((toleration) => !all.some((one) => jsonEqual(one, toleration)));
  return {
    ...spec,
    ...(Object.keys(selector).length === 0 ? {} : { nodeSelector: selector }),
    ...(all.length + added.length === 0 ? {} : { tolerations: [...all, ...added] }),
  };
}
