import { beforeEach, describe, expect, it } from 'vitest';
import { Informer } from '../../client/informer/informer.ts';
import { versionOf } from '../testing/version-of.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { Latest } from './latest.ts';

const list = (resourceVersion: number, ...versions: readonly number[]) => ({
  metadata: { resourceVersion: String(resourceVersion) },
  items: versions.map(versionOf),
});

describe('Latest', () => {
  let informer: Informer<KubernetesObject>;
  let latest: Latest<KubernetesObject>;
  const shown = (): readonly string[] =>
    latest.list().map(({ metadata }) => metadata.resourceVersion);

  beforeEach(() => {
    informer = new Informer<KubernetesObject>(
      (object) => object,
      (error) => {
        throw error;
      },
    );
    informer.replace(list(10, 9));
    latest = new Latest(informer);
  });

  it('shows what was written until the informer shows it', () => {
    latest.put(versionOf(12));
    expect([shown(), latest.get('default/a')?.metadata.resourceVersion]).toEqual([['12'], '12']);
    informer.apply({ type: 'MODIFIED', object: versionOf(11) });
    expect(shown()).toEqual(['12']);
    informer.apply({ type: 'MODIFIED', object: versionOf(13) });
    expect(shown()).toEqual(['13']);
  });

  it('does not show what was deleted since', () => {
    latest.put(versionOf(12));
    informer.apply({ type: 'DELETED', object: versionOf(13) });
    expect(shown()).toEqual([]);
  });

  it('does not show what is lost because data was restored from before it', () => {
    latest.put(versionOf(12));
    informer.replace(list(5, 4));
    expect(shown()).toEqual(['4']);
  });
});
