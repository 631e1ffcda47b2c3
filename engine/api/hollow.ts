/** Hollow nodes in a worker. */
export interface HollowHost {
  /**
   * Registers so many nodes and resolves when they are ready. `api` leads to an `HttpService` that
   * knows who asks.
   */
  start(api: MessagePort, wishes: HollowWishes): Promise<void>;
  /** The machine of a node is switched on or off, or is gone: its kubelet says so and falls silent. */
  setPower(name: string, on: boolean): Promise<void>;
  /** Their kubelets give no sign of life any more. */
  stop(): Promise<void>;
}

export interface HollowWishes {
  readonly count: number;
  /** milliseconds from a Pod's binding until it is ready */
  readonly readyAfter: number;
  /** how long their leases hold; 40 when absent */
  readonly leaseSeconds?: number;
  /** their kubelets have `--cloud-provider=external`: a cloud has to confirm the nodes */
  readonly inCloud?: boolean;
}
