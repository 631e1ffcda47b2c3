import type {
  ConfigMap,
  Container,
  EnvVarSource,
  Pod,
  Secret,
} from '../../objects/generated/core-v1.generated.ts';
import { reasonOf } from '../../client/response-failure.ts';
import { goQuote } from '../../objects/go-text.ts';
import { bytesOf } from '../volumes/projected-files.ts';
import { podField, resourceField, type NodeAllocatable } from './downward-api.ts';
import { valueInEnvironmentFile } from './environment-file.ts';
import { expandVariables } from './expansion.ts';

/** Where the values of variables come from. */
export interface EnvironmentSources {
  /** @throws StatusError of reason NotFound */
  configMap(name: string): Promise<ConfigMap>;
  /** @throws StatusError of reason NotFound */
  secret(name: string): Promise<Secret>;
  /** Text of a file in a volume, with the file's path on the node. @throws Error when there is no such volume */
  volumeFile(
    volume: string,
    path: string,
  ): Promise<{ readonly path: string; readonly text: string }>;
  /** by `serviceEnvironment` */
  readonly services: ReadonlyMap<string, string>;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  readonly allocatable: NodeAllocatable;
}

const decoder = new TextDecoder();

/**
 * A container's variables: `envFrom`, then `env`, which may replace them, then those of Services where nobody
 * wants the name (kubelet_pods.go `makeEnvironmentVariables`).
 * @throws Error with upstream's message when something is not there that is not optional
 */
export async function environmentOf(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<Map<string, string>> {
  const variables = new Map<string, string>();
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    if (configMapRef !== undefined) {
      const { name = '', optional = false } = configMapRef;
      const found = await orNothing(sources.configMap(name), optional);
      for (const [key, value] of Object.entries(found?.data ?? {}))
        variables.set(prefix + key, value);
    } else if (secretRef !== undefined) {
      const { name = '', optional = false } = secretRef;
      const found = await orNothing(sources.secret(name), optional);
      for (const [key, value] of Object.entries(found?.data ?? {}))
        variables.set(prefix + key, decoder.decode(bytesOf(value)));
    }
  }
  for (const { name, value = '', valueFrom } of container.env ?? []) {
    if (value !== '') variables.set(name, expandVariables(value, variables, sources.services));
    else if (valueFrom === undefined) variables.set(name, '');
    else {
      const found = await valueOf(valueFrom, pod, container, sources);
      if (found !== undefined) variables.set(name, found);
    }
  }
  for (const [name, value] of sources.services)
    if (!variables.has(name)) variables.set(name, value);
  return variables;
}

/** undefined: it is optional, and not there */
async function valueOf(
  source: EnvVarSource,
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  const { namespace = '' } = pod.metadata;
  if (fieldRef !== undefined) return podField(pod, fieldRef.fieldPath, sources);
  if (resourceFieldRef !== undefined)
    return resourceField(resourceFieldRef, pod, container, sources.allocatable);
  if (configMapKeyRef !== undefined) {
    const { name = '', key, optional = false } = configMapKeyRef;
    const found = await orNothing(sources.configMap(name), optional);
    const value = found?.data?.[key];
    if (value === undefined && !optional)
      throw new Error(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (secretKeyRef !== undefined) {
    const { name = '', key, optional = false } = secretKeyRef;
    const found = await orNothing(sources.secret(name), optional);
    const value = found?.data?.[key];
    if (value === undefined && !optional)
      throw new Error(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value === undefined ? undefined : decoder.decode(bytesOf(value));
  }
  if (fileKeyRef !== undefined) {
    const { volumeName, path, key, optional = false } = fileKeyRef;
    const value = await fromFile(sources, volumeName, path, key);
    if (value.found !== '') return value.found;
    if (optional) return undefined;
    throw new Error(
      `environment variable key ${goQuote(key)} not found in file ${goQuote(value.path)}`,
    );
  }
  return '';
}

async function fromFile(
  sources: EnvironmentSources,
  volume: string,
  name: string,
  key: string,
): Promise<{ readonly path: string; readonly found: string }> {
  const { path, text } = await sources.volumeFile(volume, name);
  try {
    return { path, found: valueInEnvironmentFile(text, key) };
  } catch (error) {
    // Upstream keeps to itself what is wrong with somebody's file.
    throw new Error("couldn't parse env file", { cause: error });
  }
}

async function orNothing<T>(reading: Promise<T>, optional: boolean): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (optional && reasonOf(error) === 'NotFound') return undefined;
    throw error;
  }
}
