/** kube-controller-manager in a worker. */
export interface ControllersHost {
  /** Begins once, as soon as no other one leads. Throws an UnknownControllerError. */
  start(openApi: OpenApi, configuration: ControllersConfiguration): Promise<void>;
  /** Lets another one lead. */
  stop(): Promise<void>;
}

/**
 * Opens a way to the API server's `HttpService` that knows who asks: a service account of kube-system,
 * or the process itself when none is named.
 */
export type OpenApi = (account?: string) => MessagePort | Promise<MessagePort>;

/** What flags say to kube-controller-manager. */
export interface ControllersConfiguration {
  /** of the machine, for leader election */
  readonly hostName: string;
  /** `--controllers`: names, `*` for all that are on by default, `-name` without; `*` when absent */
  readonly controllers?: readonly string[];
  /** `--root-ca-file`: PEM; what verifies the API server */
  readonly rootCa: string;
  /** `--service-account-private-key-file`: PEM, PKCS #8; signs tokens that are kept in Secrets */
  readonly serviceAccountKey: string;
  /** `--cluster-signing-cert-file` and `-key-file`: PEM; signs certificates that are asked for; nobody does when absent */
  readonly signingAuthority?: { readonly certificate: string; readonly key: string };
  /** `--terminated-pod-gc-threshold`: Pods that have ended and are kept; 12,500 when absent, 0 for all */
  readonly terminatedPodGcThreshold?: number;
  /** `--cluster-cidr` with `--allocate-node-cidrs`: what nodes get addresses for Pods from; one of each family, with a comma between */
  readonly clusterCidr?: string;
  /** `--node-cidr-mask-size`: prefix length of what each gets; 24 when absent, 64 for IPv6 */
  readonly nodeCidrMaskSize?: number;
  /** `--node-monitor-period`: milliseconds between two looks at all nodes */
  readonly nodeMonitorPeriod?: number;
  /** `--node-monitor-grace-period`: milliseconds without a sign of life until a node is unknown */
  readonly nodeMonitorGracePeriod?: number;
}
