import type { TrafficBatch, TrafficWatch } from './api-traffic.ts';
import type { ServiceRequest, ServiceResponse } from './http-service.ts';
import type { UserInfo } from './user-info.ts';

/** What is known of the connection that a request came over. */
export interface Connection {
  /** address of the client, without a port */
  readonly remoteAddress: string;
  /** DER, leaf first, as the client sent them: nobody has looked at them yet */
  readonly clientCertificates: readonly Uint8Array<ArrayBuffer>[];
  /** who it is, where the way itself is the proof: a port between workers */
  readonly user?: UserInfo;
}

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What flags and files say to kube-apiserver. Certificates and keys are PEM. */
export interface ApiServerConfiguration {
  /** `--advertise-address` and `--secure-port` */
  readonly address: { readonly ip: string; readonly port: number };
  readonly clientCa: string;
  readonly frontProxyCa: string;
  readonly frontProxyClient: KeyPair;
  readonly serviceAccountKeys: { readonly key: string; readonly publicKey: string };
  readonly kubeletClient: KeyPair;
}

/** A server that the API server goes to: a webhook, an aggregated API server, a kubelet, a Pod. */
export interface Peer {
  /** name or IP address to connect to */
  readonly host: string;
  readonly port: number;
  /** the name its certificate must be for */
  readonly serverName: string;
  /** PEM: who may have signed its certificate; absent: whom the host trusts */
  readonly ca?: string;
  /** without TLS: plain HTTP */
  readonly plain?: boolean;
  /** takes any certificate */
  readonly insecure?: boolean;
  /** what the server shows of itself */
  readonly client?: KeyPair;
}

/** The way from an API server to webhooks, kubelets and whatever is proxied to. Errors: `OutboundError`. */
export interface OutboundService {
  request(
    peer: Peer,
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
  /** Tells of what goes in and out, to one reader at a time. */
  watchTraffic(onTraffic: (batch: TrafficBatch) => void): Promise<TrafficWatch>;
  /** As `HttpService.request`. */
  request(connection: Connection, request: ServiceRequest): Promise<ServiceResponse>;
  /** Closes its watches. What was acknowledged is in etcd. */
  stop(): Promise<void>;
}
