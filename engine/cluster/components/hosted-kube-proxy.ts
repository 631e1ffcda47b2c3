import { KubeProxy } from '../../kube-proxy/kube-proxy.ts';
import { HostedNodeComponent, type NodeComponentContext } from './hosted-node-component.ts';

/** kube-proxy, as its worker offers it. */
export class HostedKubeProxy extends HostedNodeComponent {
  protected readonly userAgent = 'kube-proxy/v1.37.2';

  protected make(context: NodeComponentContext): KubeProxy {
    return new KubeProxy(context);
  }
}
