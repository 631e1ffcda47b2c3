import { fnv32a } from '../../base/fnv.ts';
import { loadDefinitions } from '../../objects/built-in-schemas.ts';
import { decodeBuiltIn, type BuiltInTarget } from '../../objects/decode/decode.ts';
import { applyDefaults } from '../../objects/defaults/index.ts';
import type { Pod } from '../../objects/generated/core-v1.generated.ts';
import { builtInResources } from '../../objects/resources.ts';
import { validateCreate } from '../../objects/validation/index.ts';

const TEXT = new TextEncoder();

/**
 * A manifest as a static Pod of this node, with the defaults and checks that the API server would apply
 * (upstream's config/common.go). Throws an `Error` with upstream's words for what is no such Pod.
 */
export async function parseManifest(
  bytes: Uint8Array,
  path: string,
  nodeName: string,
): Promise<Pod> {
  const target = await podTarget();
  const { object } = decodeBuiltIn(bytes, 'yaml', target, 'Warn');
  const given = applyDefaults(target, object) as unknown as Pod;
  if (given.metadata?.name === undefined || given.metadata.name === '')
    throw new Error('invalid pod: name is needed for the pod');
  const uid = given.metadata.uid ?? hashOf(`${JSON.stringify(object)}host:${nodeName}file:${path}`);
  const pod: Pod = {
    ...given,
    metadata: {
      ...given.metadata,
      uid,
      name: `${given.metadata.name}-${nodeName.toLowerCase()}`,
      namespace: given.metadata.namespace ?? 'default',
      annotations: {
        ...given.metadata.annotations,
        'kubernetes.io/config.hash': uid,
        'kubernetes.io/config.source': 'file',
      },
    },
    spec: {
      ...given.spec,
      nodeName,
      tolerations: [
        ...(given.spec.tolerations ?? []).filter(
          ({ key, effect }) => key !== undefined || effect !== 'NoExecute',
        ),
        { operator: 'Exists', effect: 'NoExecute' },
      ],
    },
    status: { phase: 'Pending' },
  };
  const errors = validateCreate(target, pod);
  if (errors.length > 0)
    throw new Error(`invalid pod: [${errors.map((error) => error.toString()).join(', ')}]`);
  refuseReferences(pod);
  return pod;
}

async function podTarget(): Promise<BuiltInTarget> {
  const found = builtInResources.find(({ group, kind }) => group === '' && kind === 'Pod');
  if (found === undefined) throw new RangeError('There are no Pods.');
  return { ...found, definitions: await loadDefinitions(found) };
}

/** Nothing of the API may be needed to start one: it may be the API server itself. */
function refuseReferences({ spec }: Pod): void {
  const { serviceAccountName = '', containers, initContainers = [], volumes = [] } = spec;
  const refuse = (resource: string): never => {
    throw new Error(`cannot create static pods that reference API objects: ${resource}`);
  };
  if (serviceAccountName !== '') refuse('serviceaccounts');
  for (const { env = [], envFrom = [] } of [...containers, ...initContainers]) {
    const froms = env.map(({ valueFrom }) => valueFrom);
    if (froms.some((from) => from?.secretKeyRef !== undefined)) refuse('secrets');
    if (froms.some((from) => from?.configMapKeyRef !== undefined)) refuse('configmaps');
    if (envFrom.some(({ secretRef }) => secretRef !== undefined)) refuse('secrets');
    if (envFrom.some(({ configMapRef }) => configMapRef !== undefined)) refuse('configmaps');
  }
  for (const { secret, configMap, persistentVolumeClaim, projected } of volumes) {
    if (secret !== undefined) refuse('secrets');
    if (configMap !== undefined) refuse('configmaps');
    if (persistentVolumeClaim !== undefined) refuse('persistentvolumeclaims');
    if (projected !== undefined) refuse('serviceaccounts');
  }
}

/** 32 hexadecimal digits, as upstream's FNV-1a of 128 bits has them. */
function hashOf(text: string): string {
  return ['', '1', '2', '3']
    .map((salt) =>
      fnv32a(TEXT.encode(salt + text))
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
}
