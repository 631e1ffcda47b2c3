/** What configures an etcd's worker thread in Node. */
export interface EtcdWorkerData {
  /** absolute path of the directory that keeps everything; in memory only when absent */
  readonly storage?: string;
}
