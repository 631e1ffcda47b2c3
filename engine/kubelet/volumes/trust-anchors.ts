import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import { resources } from '../../client/resources.ts';
import type { ClusterTrustBundle } from '../../objects/generated/certificates-v1.generated.ts';
import type { ClusterTrustBundleProjection } from '../../objects/generated/core-v1.generated.ts';
import { goQuote } from '../../objects/go-text.ts';
import { labelSelectorOf, matchesLabels } from '../../objects/selectors/label-selector.ts';
import { pemBlocks } from '../../objects/validation/pem.ts';

/** Columns of base64 in PEM. */
const PEM_COLUMNS = 64;

/**
 * The certificates that ClusterTrustBundles have, by name or by signer and labels, each once
 * (k8s.io/kubernetes pkg/kubelet/clustertrustbundle).
 * @throws Error with upstream's message
 */
export async function trustAnchors(
  informers: SharedInformers,
  { name, signerName, labelSelector, optional = false }: ClusterTrustBundleProjection,
): Promise<string> {
  const { store, synced } = informers.of(resources.clusterTrustBundles);
  await synced;
  if (name !== undefined) {
    const bundle = store.getByKey(name);
    if (bundle !== undefined) return normalized([bundle]);
    if (optional) return '';
    throw new Error(
      `while getting ClusterTrustBundle: clustertrustbundle.certificates.k8s.io ${goQuote(name)} not found`,
    );
  }
  if (signerName === undefined)
    throw new Error('ClusterTrustBundle projection requires either name or signerName to be set');
  const selector = labelSelectorOf(labelSelector);
  const found = store
    .list()
    .filter(
      ({ metadata, spec }) =>
        spec.signerName === signerName && matchesLabels(selector, metadata.labels),
    );
  if (found.length === 0 && !optional)
    throw new Error('combination of signerName and labelSelector matched zero ClusterTrustBundles');
  return normalized(found);
}

function normalized(bundles: readonly ClusterTrustBundle[]): string {
  const certificates = new Set<string>();
  for (const { spec } of bundles)
    for (const { bytes } of pemBlocks(spec.trustBundle))
      certificates.add(btoa(String.fromCharCode(...bytes)));
  return [...certificates]
    .toSorted()
    .map((base64) => {
      const rows = base64.match(new RegExp(`.{1,${PEM_COLUMNS}}`, 'g')) ?? [];
      return `-----BEGIN CERTIFICATE-----\n${rows.join('\n')}\n-----END CERTIFICATE-----\n`;
    })
    .join('');
}
