import type { ClusterPki } from '../../pki/cluster-pki.ts';
import type { NodeFiles } from './node-files.ts';

/** The certificates and keys of etcd and of its client, where kubeadm puts them. */
export function etcdFiles({ etcdCa, etcdServer, apiserverEtcdClient }: ClusterPki): NodeFiles {
  const pairs = {
    'etcd/ca': etcdCa,
    'etcd/server': etcdServer,
    'apiserver-etcd-client': apiserverEtcdClient,
  };
  return Object.fromEntries(
    Object.entries(pairs).flatMap(([name, { certificate, key }]) => [
      [`etc/kubernetes/pki/${name}.crt`, certificate],
      [`etc/kubernetes/pki/${name}.key`, key],
    ]),
  );
}
