import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';
import type { ClusterPki } from './cluster-pki.ts';

function base64(text: string): string {
  return btoa(text);
}

/** That of the cluster's first administrator, as kubeadm writes it. */
export function administratorKubeconfig(
  server: string,
  { ca, admin }: Pick<ClusterPki, 'ca' | 'admin'>,
): string {
  return kubeconfig(server, ca.certificate, 'kubernetes-admin', admin);
}

/** A kubeconfig that logs in with a client certificate. @param server such as https://127.0.0.1:6443 */
export function kubeconfig(server: string, ca: string, user: string, client: KeyPair): string {
  const cluster = 'drydock';
  const context = `${user}@${cluster}`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { 'certificate-authority-data': base64(ca), server } }],
    contexts: [{ name: context, context: { cluster, user } }],
    'current-context': context,
    preferences: {},
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': base64(client.certificate),
          'client-key-data': base64(client.key),
        },
      },
    ],
  });
}
