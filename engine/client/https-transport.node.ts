import { Agent } from 'node:https';
import type { Disposable } from '../base/disposable.ts';
import { exchangeHttps } from '../http/https-exchange.node.ts';
import type { ServerAccess } from './kubeconfig.ts';
import { withToken, type Transport } from './transport.ts';

/** HTTPS/1.1 from Node, with connections that are kept, and client certificates. */
export function httpsTransport(
  access: ServerAccess,
): { readonly transport: Transport } & Disposable {
  const { hostname, port } = new URL(access.server);
  const agent = new Agent({
    keepAlive: true,
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(access.certificate === undefined ? {} : { cert: access.certificate }),
    ...(access.key === undefined ? {} : { key: access.key }),
  });
  const to = { host: hostname, port: port === '' ? 443 : Number(port), agent };
  const transport: Transport = (request) => exchangeHttps(to, request);
  const { token } = access;
  return {
    transport: token === undefined ? transport : withToken(transport, () => token),
    dispose: () => agent.destroy(),
  };
}
