import { ClientCertificates } from '../../apiserver/auth/client-certificates.ts';
import type { Clock } from '../../base/clock.ts';
import type { HttpHandler } from '../../http/index.ts';
import type { ClusterPki } from '../../pki/cluster-pki.ts';
import type { ControlPlaneLinks } from '../components/control-plane-links.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { Observable } from '../observable.ts';
import type { ClusterNode } from './cluster-node.ts';
import { MachineListener } from './machine-listener.ts';

export interface ControlPlaneListenersOptions {
  readonly links: ControlPlaneLinks;
  /** of the control plane */
  readonly node: ClusterNode;
  readonly pki: Promise<ClusterPki>;
  /** the cloud's API */
  readonly cloud: Promise<HttpHandler>;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** What answers inside the control plane's machine: the API server, etcd, and the API of the cloud around it. */
export function controlPlaneListeners(
  options: ControlPlaneListenersOptions,
): readonly MachineListener[] {
  const { links, node, pki, cloud, clock, onError } = options;
  const common = { node, clock, onError };
  const clients = pki.then(({ etcdCa }) => new ClientCertificates([etcdCa.certificate]));
  const gateway = etcdGateway(links.etcd);
  return [
    new MachineListener({
      ...common,
      served: links.served,
      address: '0.0.0.0:6443',
      certificate: pki.then(({ apiserver }) => apiserver),
      handler: (connection) => Promise.resolve(links.handler(connection)),
    }),
    new MachineListener({
      ...common,
      served: links.etcdServed,
      address: '127.0.0.1:2379',
      certificate: pki.then(({ etcdServer }) => etcdServer),
      async handler({ clientCertificates }) {
        const client = await (await clients).authenticate(clientCertificates, clock.now());
        if (client === undefined) throw new Error('etcd wants a certificate of its own authority');
        return gateway;
      },
    }),
    new MachineListener({
      ...common,
      served: new Observable(true),
      address: '127.0.0.1:8765',
      handler: () => cloud,
    }),
  ];
}
