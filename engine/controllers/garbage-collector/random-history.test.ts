import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeededRandom, type Random } from '../../base/random.ts';
import type { Client, DeleteOptions } from '../../client/client.ts';
import type { Resource, Stored } from '../../client/resource.ts';
import { resources } from '../../client/resources.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type { KubernetesObject } from '../../objects/kubernetes-object.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';
import { namespaceOfTest } from '../testing/namespace-of-test.ts';

const STEPS = 60;
const KINDS = [resources.configMaps, resources.secrets, resources.serviceAccounts] as const;
const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'garbage-collector-controller'),
  );
});
afterAll(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

/** What the test has made, and done to it. */
interface Made {
  readonly resource: Resource<KubernetesObject>;
  readonly object: Stored<KubernetesObject>;
  readonly owners: readonly Made[];
  deleted?: NonNullable<DeleteOptions['propagationPolicy']>;
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from[Math.floor(random.next() * from.length)];
}

async function make(
  client: Client,
  random: Random,
  namespace: string,
  made: readonly Made[],
): Promise<Made> {
  const resource = (pick(random, KINDS) ?? resources.configMaps) as Resource<KubernetesObject>;
  const count = made.length === 0 ? 0 : Math.floor(random.next() * 3);
  const owners = [
    ...new Set(
      Array.from({ length: count }, () => pick(random, made)).filter((each) => each !== undefined),
    ),
  ];
  const object = await client.create(resource, {
    apiVersion: 'v1',
    kind: resource.kind,
    metadata: {
      namespace,
      name: `object-${made.length}`,
      ownerReferences: owners.map(({ object: { apiVersion, kind, metadata } }) => ({
        apiVersion,
        kind,
        name: metadata.name,
        uid: metadata.uid,
        blockOwnerDeletion: random.next() < 0.7,
      })),
    },
  });
  return { resource, object, owners };
}

async function deleteSome(client: Client, random: Random, made: readonly Made[]): Promise<void> {
  const victim = pick(random, made);
  if (victim === undefined) return;
  const propagationPolicy = pick(random, POLICIES) ?? 'Background';
  const { resource, object } = victim;
  try {
    await client.delete(resource, object.metadata, { propagationPolicy });
    victim.deleted ??= propagationPolicy;
  } catch (error) {
    if (reasonOf(error) !== 'NotFound') throw error;
  }
}

it.each([1, 2, 3, 4, 5])(
  'deletes what has no owner any more, and nothing else (history %i)',
  async (seed) => {
    const { client } = world;
    const random = new SeededRandom(seed);
    const namespace = await namespaceOfTest(world);
    const made: Made[] = [];
    for (let step = 0; step < STEPS; step++) {
      if (random.next() < 0.7) made.push(await make(client, random, namespace, made));
      else await deleteSome(client, random, made);
      // Most of what happens, happens while the collector is still at work.
      if (random.next() < 0.2) await world.settle();
    }
    await world.advance(60_000, 5000);

    const alive = new Map<string, Stored<KubernetesObject>>();
    for (const resource of KINDS)
      for (const object of (await client.list<KubernetesObject>(resource, { namespace })).items)
        alive.set(object.metadata.uid, object);
    const isAlive = ({ object }: Made): boolean => alive.has(object.metadata.uid);
    const names = (some: readonly Made[]): string[] =>
      some.map(({ object }) => object.metadata.name);

    const gone = made.filter((each) => !isAlive(each));
    const collected = gone.filter(({ deleted }) => deleted === undefined);
    expect(names(collected.filter(({ owners }) => owners.some(isAlive)))).toEqual([]);
    expect(names(collected.filter(({ owners }) => owners.length === 0))).toEqual([]);
    expect(names(made.filter((each) => each.deleted !== undefined && isAlive(each)))).toEqual([]);

    const left = made.filter(isAlive);
    const references = ({ object }: Made) =>
      alive.get(object.metadata.uid)?.metadata.ownerReferences ?? [];
    expect(
      names(left.filter((each) => references(each).some(({ uid }) => !alive.has(uid)))),
    ).toEqual([]);
    const orphans = left.filter((each) => each.owners.length > 0 && references(each).length === 0);
    const wereFreed = ({ owners }: Made): boolean =>
      owners.some(({ deleted }) => deleted === 'Orphan');
    expect(names(orphans.filter((each) => !wereFreed(each)))).toEqual([]);
    // Otherwise there was nothing to see.
    expect(collected.length).toBeGreaterThan(0);
    expect(left.length).toBeGreaterThan(0);
  },
);
