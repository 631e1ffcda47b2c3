import { messageOf } from '../../base/message-of.ts';
import type { SharedInformers } from '../../client/informer/shared-informers.ts';
import { reasonOf } from '../../client/response-failure.ts';
import type {
  ConfigMap,
  Pod,
  ProjectedVolumeSource,
  Secret,
  Volume,
  VolumeProjection,
} from '../../objects/generated/core-v1.generated.ts';
import type { NodeAllocatable } from '../config/downward-api.ts';
import { checkedFiles } from './atomic-volume.ts';
import {
  configMapFiles,
  downwardFiles,
  secretFiles,
  type ProjectedFiles,
} from './projected-files.ts';
import type { ServiceAccountTokens } from './service-account-tokens.ts';
import { trustAnchors } from './trust-anchors.ts';
import type { WatchedObjects } from './watched-objects.ts';

export interface VolumeContentsOptions {
  readonly configMaps: WatchedObjects<ConfigMap>;
  readonly secrets: WatchedObjects<Secret>;
  readonly tokens: ServiceAccountTokens;
  readonly informers: SharedInformers;
  readonly allocatable: () => NodeAllocatable;
}

/** What a volume is to have. */
export interface VolumeContent {
  readonly files: ProjectedFiles;
  /** UNIX milliseconds: when a token in it is to be replaced; Infinity when nothing changes by itself */
  readonly refreshAt: number;
}

/** Mode of files that are secret to a user or group. */
const PRIVATE_MODE = 0o600;
const ALWAYS = Number.POSITIVE_INFINITY;
const encoder = new TextEncoder();

/** Collects the files of volumes that the API server has the contents of. */
export class VolumeContents {
  readonly #options: VolumeContentsOptions;

  constructor(options: VolumeContentsOptions) {
    this.#options = options;
  }

  /** undefined for volumes of other kinds. @throws Error with upstream's message */
  async of(pod: Pod, volume: Volume): Promise<VolumeContent | undefined> {
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap !== undefined) {
      const { name = '', optional = false, defaultMode = 0o644 } = configMap;
      const found = await this.#configMap(pod, name, optional);
      return unchanging(configMapFiles(found, configMap, defaultMode));
    }
    if (secret !== undefined) {
      const { secretName = '', optional = false, defaultMode = 0o644 } = secret;
      const found = await this.#secret(pod, secretName, optional);
      return unchanging(secretFiles(found, secret, defaultMode));
    }
    if (downwardAPI !== undefined) {
      const { items = [], defaultMode = 0o644 } = downwardAPI;
      try {
        return unchanging(downwardFiles(pod, items, defaultMode, this.#options.allocatable()));
      } catch (error) {
        throw new Error(aggregateMessage([error]), { cause: error });
      }
    }
    return projected === undefined ? undefined : await this.#projected(pod, projected);
  }

  /** All sources are tried, so that all failures are told. */
  async #projected(
    pod: Pod,
    { sources = [], defaultMode = 0o644 }: ProjectedVolumeSource,
  ): Promise<VolumeContent> {
    const files: ProjectedFiles = new Map();
    const failures: unknown[] = [];
    let refreshAt = ALWAYS;
    for (const source of sources) {
      try {
        const content = await this.#projection(pod, source, defaultMode);
        for (const [path, file] of content.files) files.set(path, file);
        refreshAt = Math.min(refreshAt, content.refreshAt);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new Error(aggregateMessage(failures), { cause: failures[0] });
    return { files: checkedFiles(files), refreshAt };
  }

  async #projection(
    pod: Pod,
    source: VolumeProjection,
    defaultMode: number,
  ): Promise<VolumeContent> {
    const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
    if (secret !== undefined) {
      const found = await this.#secret(pod, secret.name ?? '', secret.optional ?? false);
      return { files: secretFiles(found, secret, defaultMode), refreshAt: ALWAYS };
    }
    if (configMap !== undefined) {
      const found = await this.#configMap(pod, configMap.name ?? '', configMap.optional ?? false);
      return { files: configMapFiles(found, configMap, defaultMode), refreshAt: ALWAYS };
    }
    if (downwardAPI !== undefined) {
      const { items = [] } = downwardAPI;
      const files = downwardFiles(pod, items, defaultMode, this.#options.allocatable());
      return { files, refreshAt: ALWAYS };
    }
    if (serviceAccountToken !== undefined) {
      const { token, refreshAt } = await this.#options.tokens.get(pod, serviceAccountToken);
      const file = privateFile(pod, token, defaultMode);
      return { files: new Map([[serviceAccountToken.path, file]]), refreshAt };
    }
    if (clusterTrustBundle !== undefined) {
      const anchors = await trustAnchors(this.#options.informers, clusterTrustBundle);
      const file = privateFile(pod, anchors, defaultMode);
      return { files: new Map([[clusterTrustBundle.path, file]]), refreshAt: ALWAYS };
    }
    throw new Error('this kind of projection is not supported');
  }

  async #configMap(
    { metadata }: Pod,
    name: string,
    optional: boolean,
  ): Promise<Pick<ConfigMap, 'data' | 'binaryData'>> {
    const { namespace = '', uid = '' } = metadata;
    try {
      return await this.#options.configMaps.get(namespace, name, uid);
    } catch (error) {
      if (optional && reasonOf(error) === 'NotFound') return {};
      throw error;
    }
  }

  async #secret({ metadata }: Pod, name: string, optional: boolean): Promise<Pick<Secret, 'data'>> {
    const { namespace = '', uid = '' } = metadata;
    try {
      return await this.#options.secrets.get(namespace, name, uid);
    } catch (error) {
      if (optional && reasonOf(error) === 'NotFound') return {};
      throw error;
    }
  }
}

function unchanging(files: ProjectedFiles): VolumeContent {
  return { files: checkedFiles(files), refreshAt: ALWAYS };
}

/** Readable only for the Pod's user, or group, where there is just one. */
function privateFile(pod: Pod, text: string, defaultMode: number) {
  const uid = onlyUser(pod);
  const isPrivate = uid !== undefined || pod.spec.securityContext?.fsGroup !== undefined;
  return {
    content: encoder.encode(text),
    mode: isPrivate ? PRIVATE_MODE : defaultMode,
    ...(uid === undefined ? {} : { uid }),
  };
}

/** The user that all containers run as, if all say so. */
function onlyUser({ spec }: Pod): number | undefined {
  const users = new Set(
    [...(spec.initContainers ?? []), ...spec.containers].map(
      ({ securityContext }) => securityContext?.runAsUser ?? spec.securityContext?.runAsUser,
    ),
  );
  const [first] = users;
  return users.size === 1 ? first : undefined;
}

/** Several failures as Go's `utilerrors.NewAggregate` prints them. */
function aggregateMessage(failures: readonly unknown[]): string {
  const messages = failures.flatMap((failure) =>
    failure instanceof AggregateError ? failure.errors.map(messageOf) : [messageOf(failure)],
  );
  const [first = '', ...others] = new Set(messages);
  return others.length === 0 ? first : `[${[first, ...others].join(', ')}]`;
}
