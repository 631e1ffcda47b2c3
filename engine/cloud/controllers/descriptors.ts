import type { ControllerDescriptor } from '../../controllers/controller.ts';
import type { CloudClient } from '../cloud-client.ts';
import { CloudNodeController } from './cloud-node-controller.ts';
import { CloudNodeLifecycleController } from './cloud-node-lifecycle-controller.ts';
import { NodeRouteController } from './node-route-controller.ts';
import { ServiceLbController } from './service-lb-controller.ts';

/** Every controller of cloud-controller-manager. @param clusterCidrs what Pods have addresses of */
export function cloudDescriptors(
  cloud: CloudClient,
  clusterCidrs: readonly string[],
): readonly ControllerDescriptor[] {
  return [
    {
      name: 'cloud-node-controller',
      account: 'node-controller',
      create: (context) => new CloudNodeController(context, cloud),
    },
    {
      name: 'cloud-node-lifecycle-controller',
      account: 'node-controller',
      create: (context) => new CloudNodeLifecycleController(context, cloud),
    },
    {
      name: 'service-lb-controller',
      account: 'service-controller',
      create: (context) => new ServiceLbController(context, cloud),
    },
    {
      name: 'node-route-controller',
      account: 'route-controller',
      create: (context) => new NodeRouteController(context, cloud, clusterCidrs),
    },
  ];
}
