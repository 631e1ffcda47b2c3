import { sleep } from '../../base/clock.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { Lease } from '../../objects/generated/coordination-v1.generated.ts';
import { formatMicroTime } from '../../objects/time.ts';
import type { KubeletContext } from '../contracts.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
/** Renewals in the time a lease holds (`nodeLeaseRenewIntervalFraction` is 0.25). */
const RENEWALS = 4;
/** Milliseconds until a failed renewal is tried again, doubled up to the most (component-helpers' lease). */
const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = 7000;

/** Renews the node's lease until the signal: the sign that its kubelet lives. */
export async function renewLease(
  context: Pick<
    KubeletContext,
    'client' | 'clock' | 'nodeName' | 'configuration' | 'node' | 'onError'
  >,
  signal: AbortSignal,
): Promise<void> {
  const { clock, configuration, onError } = context;
  const interval = (configuration.nodeLeaseDurationSeconds * 1000) / RENEWALS;
  let retry = FIRST_RETRY_MS;
  while (!signal.aborted) {
    let wait = interval;
    try {
      await renew(context);
      retry = FIRST_RETRY_MS;
    } catch (error) {
      onError(error);
      wait = retry;
      retry = Math.min(retry * 2, MOST_RETRY_MS);
    }
    await sleep(clock, wait, signal).catch(() => undefined);
  }
}

async function renew({
  client,
  clock,
  nodeName: name,
  configuration,
  node,
}: Pick<KubeletContext, 'client' | 'clock' | 'nodeName' | 'configuration' | 'node'>) {
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: configuration.nodeLeaseDurationSeconds,
    renewTime: formatMicroTime(clock.now()),
  };
  try {
    await client.patch(
      resources.leases,
      { namespace: LEASE_NAMESPACE, name },
      { type: 'merge', patch: { spec } },
    );
    return;
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error;
  }
  const uid = node()?.metadata.uid;
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: LEASE_NAMESPACE,
      ...(uid === undefined
        ? {}
        : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] }),
    },
    spec,
  };
  await client.create(resources.leases, lease);
}
