/** What nodes get addresses for Pods from, unless a cluster says otherwise. */
export const CLUSTER_CIDR = '10.244.0.0/16';
