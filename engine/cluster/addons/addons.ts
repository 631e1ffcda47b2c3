import type { Client } from '../../client/client.ts';
import { installCloudControllerManager } from '../../cloud/manifest.ts';
import type { ClusterSettings } from '../saved/saved-cluster.ts';
import { classes } from './classes.ts';
import { clusterAccess } from './cluster-access.ts';
import { coreDns, coreDnsAccounts } from './core-dns.ts';
import { install } from './install.ts';
import { metricsServer, metricsServerAccounts } from './metrics-server.ts';
import { nodeDaemonAccounts, nodeDaemons } from './node-daemons.ts';

/** Made before anybody is served: without it, nobody would have the rights they need. */
export async function installFoundations(client: Client): Promise<void> {
  await installCloudControllerManager(client);
  await install(client, [
    [
      ...clusterAccess,
      ...classes,
      ...nodeDaemonAccounts,
      ...coreDnsAccounts,
      ...metricsServerAccounts,
    ],
  ]);
}

/** What runs in every cluster. */
export async function installWorkloads(
  client: Client,
  { clusterCidr }: ClusterSettings,
): Promise<void> {
  await install(client, [[...nodeDaemons(clusterCidr), ...coreDns(1), ...metricsServer]]);
}
