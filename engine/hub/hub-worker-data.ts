/** What configures the registry's worker thread in Node. Absolute paths. */
export interface HubWorkerData {
  /** built artifacts: `engine/guest/dist` */
  readonly guest: string;
  /** where accounts and what is pushed are kept; in memory only when absent */
  readonly storage?: string;
}
