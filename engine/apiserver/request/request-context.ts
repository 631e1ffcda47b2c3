import type { HttpRequest } from '../../api/http-message.ts';
export type { Connection } from '../../api/kube-apiserver.ts';
import type { UserInfo } from '../auth/user-info.ts';
import type { Exchange } from './exchange.ts';
import type { Parameters } from './parameters.ts';
import type { RequestInfo } from './request-info.ts';

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
