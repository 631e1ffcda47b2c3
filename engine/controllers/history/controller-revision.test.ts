import { describe, expect, it } from 'vitest';
import { Client } from '../../client/client.ts';
import type { Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { FakeClock } from '../../base/fake-clock.ts';
import type { ControllerRevision, StatefulSet } from '../../objects/generated/apps-v1.generated.ts';
import {
  atRevision,
  inOrder,
  isEqualRevision,
  newRevision,
  nextRevision,
  revisionData,
  revisionHash,
  revisionName,
} from './controller-revision.ts';
import { createRevision } from './create-revision.ts';

const metadata = {
  name: 'web',
  namespace: 'default',
  uid: 'u',
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
};
const setOf = (image: string): Stored<StatefulSet> => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata,
  spec: {
    selector: {},
    template: {
      spec: { containers: [{ name: 'c', image }] },
      metadata: { labels: { app: 'web' } },
    },
  },
});
const revisionOf = (image: string, number = 1, collisions = 0): ControllerRevision => {
  const set = setOf(image);
  const value = revisionHash(revisionData(set), collisions);
  return newRevision(set, resources.statefulSets, number, { label: 'hash', value });
};

describe('a revision', () => {
  it('is named by a hash of its data and of how often the name was taken, as upstream does', () => {
    // FNV-1 of {"spec":{"template":{"$patch":"replace","metadata":{…},"spec":{…}}}} with 0 or 1 behind it.
    const data = revisionData(setOf('nginx'));
    expect(revisionHash(data, 0)).toBe('5f4b46c5cc');
    expect(revisionHash(data, 1)).toBe('5f4b46c5cb');
    // Go escapes what is special in HTML.
    expect(revisionHash(revisionData(setOf('a&<b')), 0)).toBe('59c8dc69b6');
    expect(revisionName('x'.repeat(250), 'abc')).toHaveLength(227);
    expect(revisionOf('nginx').metadata).toMatchObject({
      name: 'web-5f4b46c5cc',
      labels: { app: 'web', hash: '5f4b46c5cc' },
      ownerReferences: [{ kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }],
    });
  });

  it('brings a template back', () => {
    const before = setOf('a');
    const after = { ...setOf('b'), spec: { ...setOf('b').spec, replicas: 3 } };
    const back = atRevision(after, revisionOf('a'));
    expect(back.spec).toEqual({ ...before.spec, replicas: 3 });
    expect(isEqualRevision(revisionOf('a', 1), revisionOf('a', 7))).toBe(true);
    expect(isEqualRevision(revisionOf('a'), revisionOf('b'))).toBe(false);
  });

  it('has its place by number, age and name', () => {
    const stored = (name: string, revision: number, day: number): Stored<ControllerRevision> => ({
      ...revisionOf('a', revision),
      metadata: { ...metadata, name, creationTimestamp: `2026-01-0${day}T00:00:00Z` },
    });
    const revisions = [stored('d', 3, 1), stored('b', 2, 2), stored('c', 2, 1), stored('a', 2, 2)];
    const ordered = inOrder(revisions);
    expect(ordered.map((revision) => revision.metadata.name)).toEqual(['c', 'a', 'b', 'd']);
    expect([nextRevision([]), nextRevision(ordered)]).toEqual([1, 4]);
  });

  it('takes another name when its own is taken, unless by the same', async () => {
    const api = new FakeApi();
    const clock = new FakeClock();
    const client = new Client({ transport: api.transport, clock, userAgent: 'test' });
    const { name } = revisionOf('a').metadata;
    const first = await createRevision(client, 'web', revisionOf('a'), 0);
    expect(first).toMatchObject({ revision: { metadata: { name } }, collisionCount: 0 });
    const same = await createRevision(client, 'web', revisionOf('a', 2), 0);
    expect(same).toEqual({ revision: first.revision, collisionCount: 0 });
    await client.update(resources.controllerRevisions, { ...first.revision, data: { other: 1 } });
    const other = await createRevision(client, 'web', revisionOf('a'), 0);
    expect(other.collisionCount).toBe(1);
    expect(other.revision.metadata.name).toBe(`web-${revisionHash(revisionData(setOf('a')), 1)}`);
  });
});
