import type { HttpRequest } from '../../api/http-message.ts';
import type { UserInfo } from '../auth/user-info.ts';
import type { Exchange } from './exchange.ts';
import type { Parameters } from './parameters.ts';
import type { RequestInfo } from './request-info.ts';

/** What is known of the connection a request came over. */
export interface Connection {
  /** address of the client, without a port */
  readonly remoteAddress: string;
  /** DER, leaf first, as the client sent them: nobody has looked at them yet */
  readonly clientCertificates: readonly Uint8Array<ArrayBuffer>[];
  /** who it is, where the transport itself is the proof: a port inside this process */
  readonly user?: UserInfo;
}

/** One request on its way through the server. */
export interface RequestContext {
  readonly request: HttpRequest;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly parameters: Parameters;
  readonly user: UserInfo;
  /** what is kept account of */
  readonly exchange: Exchange;
  /** Adds a Warning header (RFC 9111), each text once. */
  readonly warn: (text: string) => void;
}
