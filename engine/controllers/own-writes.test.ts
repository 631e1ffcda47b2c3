import { beforeEach, describe, expect, it } from 'vitest';
import { Informer } from '../client/informer/informer.ts';
import type { KubernetesObject } from '../objects/kubernetes-object.ts';
import { OwnWrites } from './own-writes.ts';
import { versionOf } from './testing/version-of.ts';

const list = (resourceVersion: number) => ({
  metadata: { resourceVersion: String(resourceVersion) },
  items: [],
});

describe('OwnWrites', () => {
  let informer: Informer<KubernetesObject>;
  let writes: OwnWrites;
  let calls: number;
  const areShown = (key: string): boolean => writes.areShown(key, () => calls++);

  beforeEach(() => {
    informer = new Informer<KubernetesObject>(
      (object) => object,
      (error) => {
        throw error;
      },
    );
    informer.replace(list(10));
    writes = new OwnWrites();
    calls = 0;
  });

  it('keep back the object they were written for, and no other, until they show', () => {
    writes.add('a', informer, versionOf(12));
    writes.add('a', informer, versionOf(11));
    expect([areShown('a'), areShown('b')]).toEqual([false, true]);
    informer.apply({ type: 'MODIFIED', object: versionOf(11) });
    expect([calls, areShown('a')]).toEqual([0, false]);
    informer.apply({ type: 'MODIFIED', object: versionOf(12) });
    expect(calls).toBe(2);
    expect(areShown('a')).toBe(true);
  });

  it('are waited for no longer when data was restored from before them', () => {
    writes.add('a', informer, versionOf(12));
    expect(areShown('a')).toBe(false);
    informer.replace(list(5));
    expect([calls, areShown('a')]).toEqual([1, true]);
  });

  it('are of no interest when the object is gone', () => {
    writes.add('a', informer, versionOf(12));
    writes.forget('a');
    expect(areShown('a')).toBe(true);
  });
});
