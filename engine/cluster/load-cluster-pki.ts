import { createClusterPki, type ClusterPki } from '../pki/cluster-pki.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import { getJson, putJson, type Storage } from '../storage/storage.ts';

/** Where machines of the cluster find the API server; an endpoint may not be a loopback address. */
export const ADVERTISED_IP = '10.0.0.11';

/** Names and addresses of the API server that every cluster has, and loopback's. */
const ADDRESSES = {
  dnsNames: [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    'localhost',
  ],
  ipAddresses: ['10.96.0.1', ADVERTISED_IP, '127.0.0.1'],
};

const NAME = 'pki/cluster.json';

/** The keys and certificates of the cluster that is kept in `storage`; made and kept there at its first start. */
export async function loadClusterPki(storage: Storage): Promise<ClusterPki> {
  const kept = await getJson(storage, NAME);
  if (kept !== undefined) return kept as ClusterPki;
  const pki = await createClusterPki(ADDRESSES, systemClock.now(), cryptoRandom);
  await putJson(storage, NAME, pki);
  return pki;
}
