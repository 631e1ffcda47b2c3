import type { Random } from '../base/random.ts';
import { createAuthority, issueCertificate, type KeyPair } from './certificates.ts';
import { PemConverter } from './x509.ts';

/** The keys of a control plane, under the names kubeadm gives their files in /etc/kubernetes/pki. */
export interface ClusterPki {
  /** signs and verifies certificates of servers and clients */
  readonly ca: KeyPair;
  /** the server's own */
  readonly apiserver: KeyPair;
  /** with which the server goes to kubelets */
  readonly apiserverKubeletClient: KeyPair;
  /** signs the requests that are handed to aggregated servers */
  readonly frontProxyCa: KeyPair;
  readonly frontProxyClient: KeyPair;
  /** signs those of etcd's server and clients: who has one of these may do everything there */
  readonly etcdCa: KeyPair;
  readonly etcdServer: KeyPair;
  readonly apiserverEtcdClient: KeyPair;
  /** signs the tokens of service accounts: PEM, PKCS #8 and SPKI */
  readonly serviceAccount: { readonly key: string; readonly publicKey: string };
  /** a member of system:masters */
  readonly admin: KeyPair;
}

const ETCD_ADDRESSES = {
  dnsNames: ['control-plane', 'localhost'],
  ipAddresses: ['127.0.0.1'],
} as const;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;

async function serviceAccountKey(): Promise<ClusterPki['serviceAccount']> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [key, publicKey] = await Promise.all([
    crypto.subtle.exportKey('pkcs8', keys.privateKey),
    crypto.subtle.exportKey('spki', keys.publicKey),
  ]);
  return {
    key: `${PemConverter.encode(key, 'PRIVATE KEY')}\n`,
    publicKey: `${PemConverter.encode(publicKey, 'PUBLIC KEY')}\n`,
  };
}

/**
 * Everything a new control plane needs. @param addresses names and IP addresses of the API server
 * beside the ones every cluster has. @param now UNIX milliseconds
 */
export async function createClusterPki(
  addresses: { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] },
  now: number,
  random: Random,
): Promise<ClusterPki> {
  const [ca, frontProxyCa, etcdCa, serviceAccount] = await Promise.all([
    createAuthority('kubernetes', now, random),
    createAuthority('front-proxy-ca', now, random),
    createAuthority('etcd-ca', now, random),
    serviceAccountKey(),
  ]);
  const [
    apiserver,
    apiserverKubeletClient,
    frontProxyClient,
    etcdServer,
    apiserverEtcdClient,
    admin,
  ] = await Promise.all([
    issueCertificate(
      ca,
      { commonName: 'kube-apiserver', usage: 'server', ...addresses },
      now,
      random,
    ),
    issueCertificate(
      ca,
      {
        commonName: 'kube-apiserver-kubelet-client',
        organizations: ['kubeadm:cluster-admins'],
        usage: 'client',
      },
      now,
      random,
    ),
    issueCertificate(
      frontProxyCa,
      { commonName: 'front-proxy-client', usage: 'client' },
      now,
      random,
    ),
    issueCertificate(
      etcdCa,
      { commonName: 'control-plane', usage: 'server', ...ETCD_ADDRESSES },
      now,
      random,
    ),
    issueCertificate(
      etcdCa,
      { commonName: 'kube-apiserver-etcd-client', usage: 'client' },
      now,
      random,
    ),
    issueCertificate(
      ca,
      { commonName: 'kubernetes-admin', organizations: ['system:masters'], usage: 'client' },
      now,
      random,
    ),
  ]);
  return {
    ca,
    apiserver,
    apiserverKubeletClient,
    frontProxyCa,
    frontProxyClient,
    etcdCa,
    etcdServer,
    apiserverEtcdClient,
    serviceAccount,
    admin,
  };
}
