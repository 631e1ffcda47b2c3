import { useId } from 'react';
import type { Stored } from '../../../engine/client/resource.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';

export interface ContainerChoiceProps {
  readonly pod: Stored<Pod>;
  readonly chosen: string;
  readonly onChoose: (container: string) => void;
}

/** One of the Pod's containers; those that begin it come last. */
export function ContainerChoice({ pod, chosen, onChoose }: ContainerChoiceProps) {
  const id = useId();
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return (
    <>
      <label htmlFor={id}>Container</label>
      <select id={id} value={chosen} onChange={({ target }) => onChoose(target.value)}>
        {containers.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </>
  );
}
