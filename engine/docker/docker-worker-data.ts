/** What configures an engine's worker thread in Node. Absolute paths. */
export interface DockerWorkerData {
  /** built artifacts: `engine/guest/dist` */
  readonly guest: string;
  /** where images and records are kept; in memory only when absent */
  readonly storage?: string;
}
