/** The machine's byte channel as the host sees it: virtio console port 0, or one end of a socket in tests. */
export interface ByteChannel {
  /**
   * Gives bytes to the guest, in order, and never touches them again. When it returns a promise,
   * no more is sent until that resolves.
   */
  send(bytes: Uint8Array): void | Promise<void>;
  /** Calls the listener with what the guest writes, in order, until the returned function is called. */
  onReceive(listener: (bytes: Uint8Array) => void): () => void;
}
