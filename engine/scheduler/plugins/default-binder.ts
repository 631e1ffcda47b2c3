import { resources } from '../../client/resources.ts';
import type { Binding } from '../../objects/generated/core-v1.generated.ts';
import type { PluginFactory } from '../framework/plugin.ts';
import { NAMES } from './names.ts';

/** Writes the Pod's node through its `binding` subresource. */
export const defaultBinder: PluginFactory = (_args, { client }) => ({
  name: NAMES.defaultBinder,
  async bind(_state, { pod }, nodeName) {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    const binding: Binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, uid },
      target: { kind: 'Node', name: nodeName },
    };
    await client.createSubresource(resources.pods, { namespace, name }, 'binding', binding);
    return undefined;
  },
});
