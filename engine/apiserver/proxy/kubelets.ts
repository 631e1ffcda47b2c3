import type { Node } from '../../objects/generated/core-v1.generated.ts';
import { customFailure, notFound } from '../../objects/status/status-error.ts';
import type { Outbound, Peer } from '../outbound/outbound.ts';
import type { KeyPair } from '../../pki/certificates.ts';
import type { Lister } from '../registry/lister.ts';

/** In the order in which kubeadm has the API server try them (`--kubelet-preferred-address-types`). */
const ADDRESS_TYPES = ['InternalIP', 'ExternalIP', 'Hostname'];
/** Where a kubelet listens that does not say so. */
const PORT = 10_250;

/** The way to kubelets: who is asked for a node, and how (kube-apiserver's kubelet client). */
export class Kubelets {
  readonly outbound: Outbound;
  readonly #nodes: Lister<Node>;
  readonly #client: KeyPair | undefined;

  /** @param client what the API server shows kubelets of itself */
  constructor(nodes: Lister<Node>, outbound: Outbound, client: KeyPair | undefined) {
    this.#nodes = nodes;
    this.outbound = outbound;
    this.#client = client;
  }

  /**
   * Kubelets sign their own certificates, so nothing is asked of them, as in a cluster of kubeadm's.
   * Errors: `NotFound` about `asked`, which is a Pod where the node is known by it; 500 for a node without addresses.
   */
  peer(nodeName: string, asked: 'pods' | 'nodes'): Peer {
    const node = this.#nodes.get('', nodeName);
    // Upstream looks for a node with the words it has for what it was asked for.
    if (node === undefined) throw notFound({ group: '', name: asked }, nodeName);
    const { addresses = [], daemonEndpoints } = node.status ?? {};
    const [address] = ADDRESS_TYPES.flatMap((type) => addresses.filter((one) => one.type === type));
    if (address === undefined) {
      const known = addresses.map((one) => `{${one.type} ${one.address}}`).join(' ');
      throw customFailure(500, '', `no preferred addresses found; known addresses: [${known}]`);
    }
    const port = daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    return {
      host: address.address,
      port: port > 0 ? port : PORT,
      serverName: address.address,
      insecure: true,
      ...(this.#client === undefined ? {} : { client: this.#client }),
    };
  }
}
