import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Pod } from '../../../engine/objects/generated/core-v1.generated.ts';
import { LookInside } from './look-inside.tsx';

export interface PodInsideProps {
  readonly cluster: ClusterFacade;
  readonly pod: Pick<Pod, 'spec' | 'status'>;
}

/** The containers of a Pod, on the machine of its node. */
export function PodInside({ cluster, pod: { spec, status } }: PodInsideProps) {
  const node = spec?.nodeName ?? '';
  const machine = cluster.state().nodes.find(({ name }) => name === node)?.machine;
  if (machine?.kind !== 'running')
    return (
      <p>
        {node === ''
          ? 'It has no node yet, so there is nothing to look at. Scheduling tells why.'
          : `The machine of its node ${node} does not run, so nobody can look into it.`}
      </p>
    );
  const statuses = status?.containerStatuses ?? [];
  const containers = (spec?.containers ?? []).map(({ name }) => {
    const found = statuses.find((each) => each.name === name);
    return {
      name,
      // cri://ID
      id: found?.state?.running === undefined ? undefined : found.containerID?.split('://')[1],
    };
  });
  return <LookInside machine={cluster.machine(node)} containers={containers} />;
}
