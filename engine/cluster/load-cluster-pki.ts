import type { ApiServerConfiguration } from '../api/kube-apiserver.ts';
import { createClusterPki, type ClusterPki } from '../pki/cluster-pki.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { getJson, putJson, type Storage } from '../storage/storage.ts';

/** Where machines of the cluster find the API server; an endpoint may not be a loopback address. */
export const ADVERTISED_IP = '10.0.0.11';

/** Names of the API server that every cluster has, and loopback's. */
const DNS_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'control-plane',
  'localhost',
];

const NAME = 'pki/cluster.json';

/** What kube-apiserver has of them. */
export function apiServerKeys(pki: ClusterPki): Omit<ApiServerConfiguration, 'address'> {
  return {
    clientCa: pki.ca.certificate,
    frontProxyCa: pki.frontProxyCa.certificate,
    frontProxyClient: pki.frontProxyClient,
    serviceAccountKeys: pki.serviceAccount,
    kubeletClient: pki.apiserverKubeletClient,
  };
}

/** The keys and certificates of the cluster that is kept in `storage`; made and kept there at its first start. @param ip of the API server */
export async function loadClusterPki(storage: Storage, ip = ADVERTISED_IP): Promise<ClusterPki> {
  const kept = await getJson(storage, NAME);
  if (kept !== undefined) return kept as ClusterPki;
  const pki = await createClusterPki(
    { dnsNames: DNS_NAMES, ipAddresses: ['10.96.0.1', ip, '127.0.0.1'] },
    systemClock.now(),
    cryptoRandom,
  );
  await putJson(storage, NAME, pki);
  return pki;
}
