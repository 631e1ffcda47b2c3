import { resources } from '../../client/resources.ts';
import type { ControlWorld } from './control-world.ts';

let namespaces = 0;

/** A new namespace, with what Pods need: a world costs far more than one. Forgets what was sent. */
export async function namespaceOfTest({ client, sent }: ControlWorld): Promise<string> {
  const namespace = `test-${++namespaces}`;
  await client.create(resources.namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
    spec: {},
  });
  await client.create(resources.serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace },
  });
  sent.length = 0;
  return namespace;
}
