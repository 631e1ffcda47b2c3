/** A component that works on a node's kernel, in a worker: kube-proxy, the node's part of the network plugin. */
export interface NodeComponentHost {
  /**
   * Begins once. @param machine leads to the node's `MachineService`
   * @param api leads to the API server's `HttpService`, which knows who asks
   */
  start(
    machine: MessagePort,
    api: MessagePort,
    options: {
      readonly nodeName: string;
      readonly nodeIp: string;
      readonly argv: readonly string[];
    },
  ): Promise<void>;
  /** @param forGood takes along what it made in the kernel; else that stays and goes on working, as upstream's does */
  stop(forGood: boolean): Promise<void>;
}
