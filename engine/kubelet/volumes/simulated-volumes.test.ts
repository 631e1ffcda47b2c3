import { expect, it } from 'vitest';
import { resources } from '../../client/resources.ts';
import { TestContext } from '../testing/test-context.ts';
import { SimulatedVolumes } from './simulated-volumes.ts';

const DIRECTORY = '/var/lib/drydock/volumes';

it('removes the directory of a volume that was deleted, and no other', async () => {
  const context = new TestContext();
  context.fakeNode.add(`${DIRECTORY}/pvc-1/file`, 'data');
  context.fakeNode.add(`${DIRECTORY}/from-elsewhere/file`, 'data');
  await context.client.create(resources.persistentVolumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'pvc-1' },
    spec: {},
  });
  const volumes = new SimulatedVolumes(context);
  await volumes.clean();
  await context.client.delete(resources.persistentVolumes, { name: 'pvc-1' });
  expect(context.fakeNode.names(DIRECTORY)).toEqual(['from-elsewhere', 'pvc-1']);
  await volumes.clean();
  expect(context.fakeNode.names(DIRECTORY)).toEqual(['from-elsewhere']);
});
