import { createContext, use } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import type { Client } from '../../../engine/client/client.ts';
import { pageClock } from '../../../engine/cluster/index.ts';
import { clusterClient } from '../../../lessons/cluster-view.ts';

/** The page as a client of the cluster's API server, like any other. */
export function dashboardClient(cluster: ClusterFacade): Client {
  return clusterClient(cluster, pageClock, 'drydock-dashboard/1');
}

/** The cluster that the dashboard shows. */
export const ClusterContext = createContext<ClusterFacade | undefined>(undefined);

export function useCluster(): ClusterFacade {
  const cluster = use(ClusterContext);
  if (cluster === undefined) throw new Error('There is no cluster around this part.');
  return cluster;
}

/** Of the cluster that the dashboard shows. */
export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = use(ClientContext);
  if (client === undefined) throw new Error('There is no cluster around this part.');
  return client;
}
