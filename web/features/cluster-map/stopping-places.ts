import type { Breakpoint } from '../../../engine/api/api-traffic.ts';

/** A place where one can stop, for people. */
export interface StoppingPlace {
  readonly id: string;
  /** after “Stop before” */
  readonly label: string;
  readonly breakpoint: Breakpoint;
}

function place(
  label: string,
  program: string | undefined,
  verb: string,
  path: string,
): StoppingPlace {
  const [resource = '', subresource = ''] = path.split('/');
  return {
    id: `${program ?? 'any'} ${verb} ${path}`,
    label,
    breakpoint: { ...(program === undefined ? {} : { program }), verb, resource, subresource },
  };
}

/** In the order in which a Deployment passes them. */
export const PLACES: readonly StoppingPlace[] = [
  place('anybody creates a Deployment', undefined, 'create', 'deployments'),
  place('a Deployment’s ReplicaSet is created', 'kube-controller-manager', 'create', 'replicasets'),
  place('a controller creates a Pod', 'kube-controller-manager', 'create', 'pods'),
  place('the scheduler binds a Pod to a node', 'kube-scheduler', 'create', 'pods/binding'),
  place('a kubelet tells how a Pod is', 'kubelet', 'patch', 'pods/status'),
  place('a Service’s endpoints change', 'kube-controller-manager', 'update', 'endpointslices'),
  place('anybody deletes a Pod', undefined, 'delete', 'pods'),
];
