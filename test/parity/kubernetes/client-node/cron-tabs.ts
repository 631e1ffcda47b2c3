import * as k8s from '@kubernetes/client-node';
import { vi } from 'vitest';

/** Where the custom resources of the suite are served. */
export const cronTabs = { group: 'example.com', version: 'v1', plural: 'crontabs' } as const;

/** Defines them, and waits until they are served. */
export async function defineCronTabs(config: k8s.KubeConfig): Promise<void> {
  const { group, version, plural } = cronTabs;
  await config.makeApiClient(k8s.ApiextensionsV1Api).createCustomResourceDefinition({
    body: {
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, singular: 'crontab', kind: 'CronTab' },
        versions: [
          {
            name: version,
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: {
                    type: 'object',
                    properties: {
                      schedule: { type: 'string', pattern: String.raw`^(\S+\s){4}\S+$` },
                      replicas: { type: 'integer', minimum: 1, _default: 1 },
                    },
                  },
                  status: { type: 'object', x_kubernetes_preserve_unknown_fields: true },
                },
              },
            },
          },
        ],
      },
    },
  });
  const custom = config.makeApiClient(k8s.CustomObjectsApi);
  // Upstream serves them seconds after it has said that they are established.
  await vi.waitFor(() => custom.listClusterCustomObject(cronTabs), {
    timeout: 120_000,
    interval: 100,
  });
}
