import type { Volume, VolumeProjection } from '../generated/core-v1.generated.ts';
import { goQuote } from '../go-text.ts';

/** Files of one volume that hide each other. */

interface Source {
  readonly path: string;
  readonly from: string;
}

const print = ({ path, from }: Source) =>
  from === '' ? goQuote(path) : `${goQuote(path)} (${from})`;

export function overlappingPaths(volumes: readonly Volume[]): string[] {
  return volumes.flatMap((volume) => {
    const warn = (description: string, sources: readonly Source[]) =>
      overlaps(sources).map(
        (overlap) =>
          `volume ${goQuote(volume.name)} (${description}): overlapping paths: ${overlap}`,
      );
    const { configMap, secret, downwardAPI, projected } = volume;
    const items = (list: readonly { path: string }[] = []) =>
      list.map(({ path }) => ({ path, from: '' }));
    const empty = (projected?.sources ?? [])
      .filter((source) => Object.keys(source).length === 0)
      .map(() => `volume ${goQuote(volume.name)} (Projected) has no sources provided`);
    return [
      ...warn(`ConfigMap ${goQuote(configMap?.name ?? '')}`, items(configMap?.items)),
      ...warn(`Secret ${goQuote(secret?.secretName ?? '')}`, items(secret?.items)),
      ...warn('DownwardAPI', items(downwardAPI?.items)),
      ...empty,
      ...warn('Projected', (projected?.sources ?? []).flatMap(filesOf)),
    ];
  });
}

/** Only the first of several members of a source counts. */
function filesOf(source: VolumeProjection): Source[] {
  const items = (list: readonly { path: string }[], from: string) =>
    list.map(({ path }) => ({ path, from }));
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (configMap?.items) return items(configMap.items, `ConfigMap ${goQuote(configMap.name ?? '')}`);
  if (secret?.items) return items(secret.items, `Secret ${goQuote(secret.name ?? '')}`);
  if (downwardAPI?.items) return items(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken) return [{ path: serviceAccountToken.path, from: 'ServiceAccountToken' }];
  if (clusterTrustBundle) {
    const name = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '';
    return [{ path: clusterTrustBundle.path, from: `ClusterTrustBundle ${goQuote(name)}` }];
  }
  const { certificateChainPath, keyPath, credentialBundlePath } = source.podCertificate ?? {};
  return [
    { path: certificateChainPath, from: 'PodCertificate chain' },
    { path: keyPath, from: 'PodCertificate key' },
    { path: credentialBundlePath, from: 'PodCertificate credential bundle' },
  ].flatMap(({ path, from }) => (path ? [{ path, from }] : []));
}

function overlaps(sources: readonly Source[]): string[] {
  const before: Source[] = [];
  return sources.flatMap((given) => {
    const source = { ...given, path: given.path.replace(/\/+$/, '') };
    const hit = before.filter(
      ({ path }) => isWithin(path, source.path) || isWithin(source.path, path),
    );
    before.push(source);
    return source.path === '' ? [] : hit.map((other) => `${print(source)} with ${print(other)}`);
  });
}

const isWithin = (path: string, directory: string) =>
  path !== '' && directory !== '' && `${path}/`.startsWith(`${directory}/`);
