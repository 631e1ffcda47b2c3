import type { ServiceRequest, ServiceResponse } from './http-service.ts';
import type { UserInfo } from './user-info.ts';

/** What is known of the connection that a request came over. */
export interface ServiceConnection {
  /** address of the client, without a port */
  readonly remoteAddress: string;
  /** DER, leaf first; nobody has looked at them yet */
  readonly clientCertificates: readonly Uint8Array<ArrayBuffer>[];
  /** who it is, where the way itself is the proof */
  readonly user?: UserInfo;
}

/** A certificate and its private key, PEM. */
interface Keys {
  readonly certificate: string;
  readonly key: string;
}

/** What flags and files say to kube-apiserver. Certificates and keys are PEM. */
export interface ApiServerConfiguration {
  /** `--advertise-address` and `--secure-port` */
  readonly address: { readonly ip: string; readonly port: number };
  readonly clientCa: string;
  readonly frontProxyCa: string;
  readonly frontProxyClient: Keys;
  readonly serviceAccount: { readonly key: string; readonly publicKey: string };
  readonly kubeletClient: Keys;
}

/** Where the API server goes, in words that cross between workers; as `Peer`. */
export interface ServicePeer {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  readonly ca?: string;
  readonly plain?: boolean;
  readonly insecure?: boolean;
  readonly client?: Keys;
}

/** The way from an API server to webhooks, kubelets and whatever is proxied to. Errors: `OutboundError`. */
export interface OutboundService {
  request(
    peer: ServicePeer,
    request: ServiceRequest,
    repeated: Readonly<Record<string, readonly string[]>>,
  ): Promise<ServiceResponse>;
}

/** kube-apiserver in a worker. */
export interface ApiServerProcess {
  /** Serves once there is an etcd. @param outbound leads to an `OutboundService` */
  start(configuration: ApiServerConfiguration, outbound: MessagePort): Promise<void>;
  /** An etcd (`ClosableEtcd`) that runs from now on, in place of one that has ended. */
  connectEtcd(etcd: MessagePort): Promise<void>;
  /** The etcd has ended: requests that need it fail until there is another. */
  loseEtcd(): Promise<void>;
  /** As `HttpService.request`. */
  request(connection: ServiceConnection, request: ServiceRequest): Promise<ServiceResponse>;
  /** Closes its watches. What was acknowledged is in etcd. */
  stop(): Promise<void>;
}
