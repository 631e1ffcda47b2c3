/** What configures an engine's worker thread in Node. An absolute path. */
export interface DockerWorkerData {
  /** where images and records are kept; in memory only when absent */
  readonly storage?: string;
}
