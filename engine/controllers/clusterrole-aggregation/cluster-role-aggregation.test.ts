import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import type { ClusterRole, PolicyRule } from '../../objects/generated/rbac-v1.generated.ts';
import { descriptors } from '../descriptors.ts';
import { ControlWorld } from '../testing/control-world.ts';

let world: ControlWorld;
beforeAll(async () => {
  world = await ControlWorld.start(
    descriptors.filter(({ name }) => name === 'clusterrole-aggregation-controller'),
  );
});
afterAll(async () => {
  await world.end();
  expect(world.errors).toEqual([]);
});

const rule = (resource: string): PolicyRule => ({
  apiGroups: ['example.org'],
  resources: [resource],
  verbs: ['get'],
});
async function create(name: string, more: Partial<ClusterRole>, labels = {}): Promise<void> {
  await world.client.create(resources.clusterRoles, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    ...more,
  });
  await world.settle();
}
const rules = async (name: string) =>
  (await world.client.get(resources.clusterRoles, { name })).rules;

it('fills the roles that every cluster has', async () => {
  const view = (await rules('view')) ?? [];
  expect(view.length).toBeGreaterThan(0);
  // What may be viewed may be edited, and what may be edited administered.
  for (const name of ['edit', 'admin'])
    expect(await rules(name)).toEqual(expect.arrayContaining([...view]));
});

it('gives a role what the roles have that it selects, by name and each rule once', async () => {
  const aggregationRule = {
    clusterRoleSelectors: [{ matchLabels: { crates: 'yes' } }, { matchLabels: { boxes: 'yes' } }],
  };
  await create('b-crates', { rules: [rule('crates'), rule('lids')] }, { crates: 'yes' });
  await create(
    'a-crates',
    { rules: [rule('nails'), rule('lids')] },
    { crates: 'yes', boxes: 'yes' },
  );
  world.sent.length = 0;
  await create('all', { aggregationRule, rules: [rule('nothing')] }, { crates: 'yes' });
  expect(await rules('all')).toEqual([rule('nails'), rule('lids'), rule('crates')]);
  expect(world.sent).toEqual([
    {
      by: 'clusterrole-aggregation-controller',
      method: 'PATCH',
      path: '/apis/rbac.authorization.k8s.io/v1/clusterroles/all?fieldManager=clusterrole-aggregation-controller&force=true',
    },
  ]);
  await world.client.delete(resources.clusterRoles, { name: 'b-crates' });
  await world.settle();
  expect(await rules('all')).toEqual([rule('nails'), rule('lids')]);
});
