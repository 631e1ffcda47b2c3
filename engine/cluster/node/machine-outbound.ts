import type { AgentStreams } from '../../api/agent.ts';
import { OutboundError, type Outbound, type Peer } from '../../apiserver/outbound/outbound.ts';
import { hasToken, httpExchange, httpUpgrade } from '../../http/index.ts';
import type { AgentClient } from '../../machine/agent/agent-client.ts';
import { AgentError } from '../../machine/agent/agent-error.ts';

/** Milliseconds until a server that does not answer is given up: as the transports of kube-apiserver do. */
const DIAL_TIMEOUT_MS = 30_000;

type DialTls = NonNullable<AgentStreams['dial']['request']['tls']>;

/** @throws OutboundError where nobody could be trusted */
function tlsOf({ host, port, serverName, ca, insecure = false, client }: Peer): DialTls {
  if (ca === undefined && !insecure)
    throw new OutboundError(
      'UNTRUSTED',
      `tls: failed to verify certificate: x509: certificate signed by unknown authority (${host}:${port})`,
    );
  return {
    serverName,
    ...(ca === undefined || insecure ? {} : { authorities: ca }),
    ...(client === undefined ? {} : { certificate: client.certificate, key: client.key }),
  };
}

/** The agent's words are Go's. */
function toOutboundError(error: unknown): unknown {
  if (!(error instanceof AgentError)) return error;
  const options = { cause: error };
  if (error.code !== 'ETLS') return new OutboundError('UNREACHABLE', error.message, options);
  return new OutboundError(
    error.message.includes('x509') ? 'UNTRUSTED' : 'BROKEN',
    error.message,
    options,
  );
}

/** From a machine to whatever its network leads to: Pods, Services, other machines. A connection for each exchange. */
export function outboundFrom(agent: () => Promise<Pick<AgentClient, 'dial'>>): Outbound {
  return async (peer, request) => {
    const { host, port, plain = false } = peer;
    try {
      const stream = await (
        await agent()
      ).dial({
        network: 'tcp',
        address: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
        timeoutMs: DIAL_TIMEOUT_MS,
        ...(plain ? {} : { tls: tlsOf(peer) }),
      });
      return await (hasToken(request.headers, 'connection', 'upgrade')
        ? httpUpgrade(stream, request)
        : httpExchange(stream, request));
    } catch (error) {
      throw toOutboundError(error);
    }
  };
}
