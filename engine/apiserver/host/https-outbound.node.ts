import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { exchangeHttps } from '../../http/https-exchange.node.ts';
import { OutboundError, type Outbound, type Peer } from '../outbound/outbound.ts';

const UNTRUSTED = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]);

/** A failure of Node's in the words of Go. */
function toOutboundError(error: unknown, { host, port, serverName }: Peer): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const { code, address = host } = error as { readonly code: unknown; readonly address?: string };
  const options = { cause: error };
  const untrusted = (why: string): OutboundError =>
    new OutboundError('UNTRUSTED', `tls: failed to verify certificate: x509: ${why}`, options);
  const unreachable = (why: string): OutboundError =>
    new OutboundError('UNREACHABLE', why, options);
  if (UNTRUSTED.has(String(code))) return untrusted('certificate signed by unknown authority');
  const at = `dial tcp ${address}:${port}: connect:`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return untrusted('certificate has expired or is not yet valid');
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const { cert } = error as { readonly cert?: { readonly subjectaltname?: string } };
      const names = (cert?.subjectaltname ?? '').replaceAll(/(?:DNS|IP Address):/g, '');
      return untrusted(`certificate is valid for ${names}, not ${serverName}`);
    }
    case 'ECONNREFUSED':
      return unreachable(`${at} connection refused`);
    case 'ENETUNREACH':
      return unreachable(`${at} network is unreachable`);
    case 'EHOSTUNREACH':
      return unreachable(`${at} no route to host`);
    case 'ETIMEDOUT':
      return unreachable(`${at} connection timed out`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return unreachable(`dial tcp: lookup ${host}: no such host`);
    case 'ECONNRESET':
      return new OutboundError('BROKEN', 'EOF', options);
    case 'EPROTO':
      return new OutboundError(
        'BROKEN',
        'http: server gave HTTP response to HTTPS client',
        options,
      );
    default:
      return new OutboundError('BROKEN', error.message, options);
  }
}

/** HTTPS or, where the peer is plain, HTTP from Node, a connection for each exchange. */
export const httpsOutbound: Outbound = async (peer, request) => {
  const { host, port, serverName, ca, plain = false, insecure = false, client } = peer;
  try {
    return await exchangeHttps(
      {
        host,
        port,
        ...(plain ? { protocol: 'http:' } : {}),
        agent: false,
        // Names only: TLS has no way to ask for an address.
        servername: isIP(serverName) === 0 ? serverName : '',
        rejectUnauthorized: !insecure,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
        ...(ca === undefined ? {} : { ca }),
        ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
      },
      request,
    );
  } catch (error) {
    throw toOutboundError(error, peer);
  }
};
