import { ApiServer, type ApiServerOptions } from '../apiserver/api-server.ts';
import type { UserInfo } from '../apiserver/auth/user-info.ts';
import type { ClusterPki } from '../pki/cluster-pki.ts';
import { systemClock } from '../base/clock.ts';
import { cryptoRandom } from '../base/random.ts';
import type { Transport } from '../client/transport.ts';
import { endedBy } from '../http/index.ts';
import { ADVERTISED_IP, apiServerKeys } from './load-cluster-pki.ts';

/** What differs between the hosts of a cluster's API server. */
export interface ClusterApiServerOptions extends Pick<
  ApiServerOptions,
  'etcd' | 'outbound' | 'audit' | 'staticTokens' | 'onError'
> {
  readonly pki: ClusterPki;
  /** under which the cluster's machines reach it */
  readonly port: number;
}

/** An API server, not started yet, with the keys and the address of a cluster. */
export function clusterApiServer({ pki, port, ...rest }: ClusterApiServerOptions): ApiServer {
  return new ApiServer({
    ...rest,
    clock: systemClock,
    random: cryptoRandom,
    address: { ip: ADVERTISED_IP, port },
    ...apiServerKeys(pki),
  });
}

/** The way to an API server of this thread, as this user. */
export function transportTo(server: ApiServer, user: UserInfo): Transport {
  const connection = { remoteAddress: '127.0.0.1', clientCertificates: [], user };
  return async (request) => {
    const response = await server.handle(request, connection);
    return 'takeOver' in response
      ? response
      : { ...response, body: endedBy(response.body, request.signal) };
  };
}
