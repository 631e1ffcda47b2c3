import type { JobSpec } from '../generated/batch-v1.generated.ts';
import type {
  Container,
  EphemeralContainer,
  Lifecycle,
  PodSpec,
  PodTemplateSpec,
  Probe,
  Volume,
} from '../generated/core-v1.generated.ts';
import { withField } from './steps.ts';

/**
 * Fields of features that are off by default in the version served: the API server takes them and
 * drops them. They belong to the feature gates AtomicWriteVolumeUserFields, ContainerStopSignals,
 * EmptyDirVolumeMode, EvictionRequestAPI, GRPCContainerProbeTLS, GenericWorkload, H2CContainerProbe,
 * VolumeBindMountOptions and WorkloadWithJob.
 */

/** `value` without the keys in `dropped`; itself if it has none of them. */
function without<T extends object>(value: T, ...dropped: readonly string[]): T {
  if (!dropped.some((key) => key in value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !dropped.includes(key))) as T;
}

function probe(value: Probe | undefined): Probe | undefined {
  if (!value) return value;
  const { httpGet, grpc } = value;
  if (httpGet && 'protocol' in httpGet) return { ...value, httpGet: without(httpGet, 'protocol') };
  return grpc && 'mode' in grpc ? { ...value, grpc: without(grpc, 'mode') } : value;
}

function lifecycle(value: Lifecycle): Lifecycle | undefined {
  let kept = without(value, 'stopSignal');
  if (kept !== value && Object.keys(kept).length === 0) return undefined;
  for (const hook of ['postStart', 'preStop'] as const) {
    const httpGet = kept[hook]?.httpGet;
    if (!httpGet || !('protocol' in httpGet)) continue;
    kept = { ...kept, [hook]: { ...kept[hook], httpGet: without(httpGet, 'protocol') } };
  }
  return kept;
}

function container<T extends Container | EphemeralContainer>(value: T): T {
  let kept: T = value;
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    const cleaned = probe(value[name]);
    if (cleaned !== value[name]) kept = { ...kept, [name]: cleaned };
  }
  if (value.lifecycle) {
    const cleaned = lifecycle(value.lifecycle);
    if (cleaned !== value.lifecycle) kept = withField(kept, 'lifecycle', cleaned);
  }
  if (value.volumeMounts?.some((mount) => 'bindMountOptions' in mount)) {
    const volumeMounts = value.volumeMounts.map((mount) => without(mount, 'bindMountOptions'));
    kept = { ...kept, volumeMounts };
  }
  return kept;
}

const atomicSources = ['secret', 'configMap', 'downwardAPI', 'projected'] as const;

/** Owners of files are dropped wherever a source names them. */
function withoutUsers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUsers);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => key !== 'user' && key !== 'defaultUser');
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUsers(item)]));
}

function volume(value: Volume): Volume {
  if (value.emptyDir && 'mode' in value.emptyDir) {
    return { ...value, emptyDir: without(value.emptyDir, 'mode') };
  }
  for (const name of atomicSources) {
    const source = value[name];
    if (!source) continue;
    if (/"(?:user|defaultUser)":/.test(JSON.stringify(source))) {
      return { ...value, [name]: withoutUsers(source) };
    }
  }
  return value;
}

/** The specification without fields of disabled features. */
export function withoutDisabledFields(given: PodSpec): PodSpec {
  let spec = without(given, 'evictionResponders', 'schedulingGroup');
  const clean = <K extends keyof PodSpec>(field: K, map: (item: never) => unknown) => {
    const list = spec[field] as readonly never[] | undefined;
    if (!list) return;
    const cleaned = list.map(map);
    if (cleaned.some((item, index) => item !== list[index])) spec = { ...spec, [field]: cleaned };
  };
  clean('volumes', volume);
  clean('containers', container);
  clean('initContainers', container);
  clean('ephemeralContainers', container);
  return spec;
}

/** The same for a Job's. */
export function jobWithoutDisabledFields(spec: JobSpec): JobSpec {
  const template = templateWithoutDisabledFields(spec.template);
  const kept = without(spec, 'scheduling');
  return template === spec.template ? kept : { ...kept, template };
}

/** The same for a template. */
export function templateWithoutDisabledFields<T extends PodTemplateSpec | undefined>(
  template: T,
): T {
  if (!template?.spec) return template;
  const spec = withoutDisabledFields(template.spec);
  return spec === template.spec ? template : { ...template, spec };
}
