import { NodeNetwork } from '../../node-network/node-network.ts';
import { HostedNodeComponent, type NodeComponentContext } from './hosted-node-component.ts';

/** The node's part of the network plugin, as its worker offers it. */
export class HostedNodeNetwork extends HostedNodeComponent {
  protected readonly userAgent = 'drydock-network/v0.1.0';

  protected make(context: NodeComponentContext): NodeNetwork {
    return new NodeNetwork(context);
  }
}
