import type { Client } from '../../client/client.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { ClusterNodes } from '../cluster-nodes.ts';
import { LED_BY_LEASE } from '../components/control-plane-programs.ts';
import type { SavedCluster } from './saved-cluster.ts';

/** What has to be put right in a saved cluster before anybody acts in it. @param client as an administrator */
export async function takeUp(
  client: Client,
  nodes: Pick<ClusterNodes, 'isDedicated' | 'dedicate'>,
  saved: Pick<SavedCluster, 'nodes'>,
): Promise<void> {
  await Promise.all(LED_BY_LEASE.map((name) => release(client, name)));
  if (nodes.isDedicated && saved.nodes.length === 1) await nodes.dedicate(client);
}

/**
 * Who led is not there any more; who comes in his place would wait until the lease has run out. It is left as
 * one leaves it who stops leading (client-go's `ReleaseOnCancel`).
 */
async function release(client: Client, name: string): Promise<void> {
  try {
    await client.patch(
      resources.leases,
      { namespace: 'kube-system', name },
      { type: 'merge', patch: { spec: { holderIdentity: null, leaseDurationSeconds: 1 } } },
    );
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error;
  }
}
