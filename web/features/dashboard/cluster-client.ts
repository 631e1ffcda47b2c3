import { createContext, use } from 'react';
import type { ClusterFacade } from '../../../engine/api/cluster.ts';
import { Client } from '../../../engine/client/client.ts';
import { pageClock } from '../../../engine/cluster/index.ts';

/** The page as a client of the cluster's API server, like any other. */
export function clusterClient(cluster: ClusterFacade): Client {
  return new Client({
    transport: (request) => cluster.api(request),
    clock: pageClock,
    userAgent: 'drydock-dashboard/1',
  });
}

/** Of the cluster that the dashboard shows. */
export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = use(ClientContext);
  if (client === undefined) throw new Error('There is no cluster around this part.');
  return client;
}
