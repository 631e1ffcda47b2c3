import { formatApiVersion, type GroupVersion } from './kubernetes-object.ts';
import type { Definitions } from './schema.ts';

/** One chunk for each group-version; each brings the definitions it refers to. */
const modules: Readonly<Record<string, () => Promise<{ readonly definitions: Definitions }>>> = {
  v1: () => import('./generated/core-v1.schemas.generated.ts'),
  'apiregistration.k8s.io/v1': () => import('./generated/apiregistration-v1.schemas.generated.ts'),
  'apps/v1': () => import('./generated/apps-v1.schemas.generated.ts'),
  'events.k8s.io/v1': () => import('./generated/events-v1.schemas.generated.ts'),
  'authentication.k8s.io/v1': () => import('./generated/authentication-v1.schemas.generated.ts'),
  'authorization.k8s.io/v1': () => import('./generated/authorization-v1.schemas.generated.ts'),
  'autoscaling/v2': () => import('./generated/autoscaling-v2.schemas.generated.ts'),
  'autoscaling/v1': () => import('./generated/autoscaling-v1.schemas.generated.ts'),
  'batch/v1': () => import('./generated/batch-v1.schemas.generated.ts'),
  'certificates.k8s.io/v1': () => import('./generated/certificates-v1.schemas.generated.ts'),
  'networking.k8s.io/v1': () => import('./generated/networking-v1.schemas.generated.ts'),
  'policy/v1': () => import('./generated/policy-v1.schemas.generated.ts'),
  'rbac.authorization.k8s.io/v1': () => import('./generated/rbac-v1.schemas.generated.ts'),
  'storage.k8s.io/v1': () => import('./generated/storage-v1.schemas.generated.ts'),
  'admissionregistration.k8s.io/v1': () =>
    import('./generated/admissionregistration-v1.schemas.generated.ts'),
  'apiextensions.k8s.io/v1': () => import('./generated/apiextensions-v1.schemas.generated.ts'),
  'scheduling.k8s.io/v1': () => import('./generated/scheduling-v1.schemas.generated.ts'),
  'coordination.k8s.io/v1': () => import('./generated/coordination-v1.schemas.generated.ts'),
  'node.k8s.io/v1': () => import('./generated/node-v1.schemas.generated.ts'),
  'discovery.k8s.io/v1': () => import('./generated/discovery-v1.schemas.generated.ts'),
  'resource.k8s.io/v1': () => import('./generated/resource-v1.schemas.generated.ts'),
  'flowcontrol.apiserver.k8s.io/v1': () =>
    import('./generated/flowcontrol-v1.schemas.generated.ts'),
  'storagemigration.k8s.io/v1': () =>
    import('./generated/storagemigration-v1.schemas.generated.ts'),
};

/** An `import` costs much each time where loaders have hooks, and the server asks at each request. */
const loaded = new Map<string, Promise<Definitions>>();

/** Schemas of a built-in group-version's kinds and of all they refer to; empty if there is none. */
export function loadDefinitions(groupVersion: GroupVersion): Promise<Definitions> {
  const name = formatApiVersion(groupVersion);
  let definitions = loaded.get(name);
  if (definitions === undefined) {
    definitions = load(name);
    loaded.set(name, definitions);
    definitions.catch(() => loaded.delete(name));
  }
  return definitions;
}

async function load(name: string): Promise<Definitions> {
  const module = modules[name];
  return module === undefined ? {} : (await module()).definitions;
}

/** The schema of what `/version` answers. */
export async function loadVersionDefinitions(): Promise<Definitions> {
  return (await import('./generated/pkg-version.schemas.generated.ts')).definitions;
}
