import type {
  Container,
  Pod,
  PodSpec,
  ServiceAccount as ServiceAccountObject,
  Volume,
} from '../../objects/generated/core-v1.generated.ts';
import type { Random } from '../../base/random.ts';
import type { ApiObject } from '../registry/api-object.ts';
import { generateName } from '../registry/create.ts';
import type { Lister } from '../registry/lister.ts';
import type { AdmissionPlugin, Attributes } from './admission.ts';
import { createdPod, refuseRequest, withPodSpec } from './attributes.ts';

const MIRROR = 'kubernetes.io/config.mirror';
const ENFORCE = 'kubernetes.io/enforce-mountable-secrets';
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME = 'kube-api-access-';
/** Seconds; kubelets renew such tokens in time, and they are good for a year. */
const EXPIRATION = 3607;

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: EXPIRATION, path: 'token' } },
        {
          configMap: {
            name: 'kube-root-ca.crt',
            items: [{ key: 'ca.crt', path: 'ca.crt' }],
          },
        },
        {
          downwardAPI: {
            items: [
              {
                path: 'namespace',
                fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' },
              },
            ],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}

/** Every container sees the token, but one that has something of its own there. */
function withToken(spec: PodSpec, random: Random): PodSpec {
  const existing = spec.volumes?.find(({ name }) => name.startsWith(VOLUME));
  const name = existing?.name ?? generateName(VOLUME, random);
  let used = false;
  const mount = (container: Container): Container => {
    const mounts = container.volumeMounts ?? [];
    if (mounts.some(({ mountPath }) => mountPath === TOKEN_PATH)) return container;
    used = true;
    const mounted = { name, readOnly: true, mountPath: TOKEN_PATH };
    return { ...container, volumeMounts: [...mounts, mounted] };
  };
  const containers = (spec.containers ?? []).map(mount);
  const { initContainers } = spec;
  const first = initContainers?.map(mount);
  return {
    ...spec,
    containers,
    ...(first === undefined ? {} : { initContainers: first }),
    ...(used && existing === undefined
      ? { volumes: [...(spec.volumes ?? []), tokenVolume(name)] }
      : {}),
  };
}

function secretOf(
  container: Container,
  kind: string,
  account: string,
  allowed: ReadonlySet<string>,
): string | undefined {
  const denied = (how: string, secret: string): string =>
    `${kind} ${container.name} with ${how} referencing secret.secretName=${JSON.stringify(secret)} is not allowed because service account ${account} does not reference that secret`;
  for (const { name, valueFrom } of container.env ?? []) {
    const secret = valueFrom?.secretKeyRef?.name;
    if (secret !== undefined && !allowed.has(secret)) return denied(`envVar ${name}`, secret);
  }
  for (const { secretRef } of container.envFrom ?? []) {
    const secret = secretRef?.name;
    if (secret !== undefined && !allowed.has(secret)) return denied('envFrom', secret);
  }
  return undefined;
}

/** What a Pod refers to that its service account does not list, if the account insists. */
function unlistedSecret(account: ServiceAccountObject, spec: PodSpec): string | undefined {
  const name = account.metadata.name ?? '';
  const allowed = new Set((account.secrets ?? []).map((secret) => secret.name ?? ''));
  for (const { secret } of spec.volumes ?? [])
    if (secret !== undefined && !allowed.has(secret.secretName ?? ''))
      return `volume with secret.secretName=${JSON.stringify(secret.secretName ?? '')} is not allowed because service account ${name} does not reference that secret`;
  for (const container of spec.initContainers ?? []) {
    const denied = secretOf(container, 'init container', name, allowed);
    if (denied !== undefined) return denied;
  }
  for (const container of spec.containers ?? []) {
    const denied = secretOf(container, 'container', name, allowed);
    if (denied !== undefined) return denied;
  }
  const pulls = new Set((account.imagePullSecrets ?? []).map((secret) => secret.name));
  for (const [index, secret] of (spec.imagePullSecrets ?? []).entries())
    if (!pulls.has(secret.name))
      return `imagePullSecrets[${index}].name=${JSON.stringify(secret.name)} is not allowed because service account ${name} does not reference that imagePullSecret`;
  return undefined;
}

function mirrorProblem({ spec }: Pod): string | undefined {
  if ((spec.serviceAccountName ?? '') !== '')
    return 'a mirror pod may not reference service accounts';
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const secrets =
    (spec.volumes ?? []).some(({ secret }) => secret !== undefined) ||
    (spec.imagePullSecrets ?? []).length > 0 ||
    all.some((container) => secretOf(container, '', '', new Set()) !== undefined);
  if (secrets) return 'a mirror pod may not reference secrets';
  const projected = (spec.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  if (projected.some((source) => source.serviceAccountToken !== undefined))
    return 'a mirror pod may not use ServiceAccountToken volume projections';
  return undefined;
}

/** Gives Pods their service account, its token and its pull secrets. */
export class ServiceAccount implements AdmissionPlugin {
  readonly name = 'ServiceAccount';
  readonly #accounts: Lister<ServiceAccountObject>;
  readonly #random: Random;

  constructor(accounts: Lister<ServiceAccountObject>, random: Random) {
    this.#accounts = accounts;
    this.#random = random;
  }

  mutate(attributes: Attributes): ApiObject | undefined {
    const pod = createdPod(attributes);
    if (pod === undefined) return undefined;
    if (pod.metadata.annotations?.[MIRROR] !== undefined) {
      this.validate(attributes);
      return undefined;
    }
    const name = (pod.spec.serviceAccountName ?? '') || 'default';
    let spec: PodSpec = { ...pod.spec, serviceAccountName: name, serviceAccount: name };
    const account = this.#find(attributes, name);
    const automount =
      spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
    if (automount) spec = withToken(spec, this.#random);
    const pulls = account.imagePullSecrets ?? [];
    if ((spec.imagePullSecrets ?? []).length === 0 && pulls.length > 0)
      spec = { ...spec, imagePullSecrets: pulls };
    return withPodSpec(pod, spec);
  }

  validate(attributes: Attributes): void {
    const pod = createdPod(attributes);
    if (pod === undefined) return;
    if (pod.metadata.annotations?.[MIRROR] !== undefined) {
      const problem = mirrorProblem(pod);
      if (problem !== undefined) throw refuseRequest(attributes, problem);
      return;
    }
    const { serviceAccountName: name = '' } = pod.spec;
    if (name === '')
      throw refuseRequest(
        attributes,
        `no service account specified for pod ${attributes.namespace}/${pod.metadata.name ?? ''}`,
      );
    const account = this.#find(attributes, name);
    if (account.metadata.annotations?.[ENFORCE] !== 'true') return;
    const problem = unlistedSecret(account, pod.spec);
    if (problem !== undefined) throw refuseRequest(attributes, problem);
  }

  #find(attributes: Attributes, name: string): ServiceAccountObject {
    const { namespace } = attributes;
    const found = this.#accounts.get(namespace, name);
    if (found !== undefined) return found;
    throw refuseRequest(
      attributes,
      `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    );
  }
}
