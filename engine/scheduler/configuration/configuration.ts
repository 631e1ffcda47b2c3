import { z } from 'zod';
import { parse } from 'yaml';
import { ConfigurationError } from './configuration-error.ts';

/** A plugin of a profile; the weight is of its scores, 0 means 1. */
const PluginEntry = z.object({ name: z.string(), weight: z.int().min(0).default(0) });
const PluginSet = z
  .object({
    enabled: z.array(PluginEntry).default([]),
    /** `*` for all */
    disabled: z.array(z.object({ name: z.string() })).default([]),
  })
  .prefault({});
export type PluginSet = z.infer<typeof PluginSet>;

const Plugins = z
  .object({
    multiPoint: PluginSet,
    preEnqueue: PluginSet,
    queueSort: PluginSet,
    preFilter: PluginSet,
    filter: PluginSet,
    postFilter: PluginSet,
    preScore: PluginSet,
    score: PluginSet,
    reserve: PluginSet,
    permit: PluginSet,
    preBind: PluginSet,
    bind: PluginSet,
    postBind: PluginSet,
  })
  .prefault({});
export type Plugins = z.infer<typeof Plugins>;

const Percentage = z.int().min(0).max(100);

const Profile = z.object({
  schedulerName: z.string().optional(),
  percentageOfNodesToScore: Percentage.optional(),
  plugins: Plugins,
  pluginConfig: z.array(z.object({ name: z.string(), args: z.unknown() })).default([]),
});
export type Profile = z.infer<typeof Profile> & { readonly schedulerName: string };

const Configuration = z.object({
  apiVersion: z.literal('kubescheduler.config.k8s.io/v1').optional(),
  kind: z.literal('KubeSchedulerConfiguration').optional(),
  profiles: z.array(Profile).default([]),
  percentageOfNodesToScore: Percentage.default(0),
  podInitialBackoffSeconds: z.number().min(0).default(1),
  podMaxBackoffSeconds: z.number().min(0).default(10),
  /** Limits events only: bindings go out as fast as the API server takes them. */
  clientConnection: z
    .object({ qps: z.number().default(50), burst: z.int().default(100) })
    .prefault({}),
  extenders: z.array(z.unknown()).max(0, 'extenders are not supported').default([]),
});

/** https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/ with its defaults. */
export type SchedulerConfiguration = Omit<z.infer<typeof Configuration>, 'profiles'> & {
  readonly profiles: readonly Profile[];
};

const DEFAULT_NAME = 'default-scheduler';

/** What a KubeSchedulerConfiguration says. Throws a ConfigurationError. */
export function readConfiguration(configuration: unknown = {}): SchedulerConfiguration {
  const result = Configuration.safeParse(configuration);
  if (!result.success)
    throw new ConfigurationError(
      result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  const { profiles, ...rest } = result.data;
  const given = profiles.length === 0 ? [Profile.parse({})] : profiles;
  const named = given.map((profile, index) => {
    // With one profile it goes without saying whose Pods are meant.
    const schedulerName = profile.schedulerName ?? (given.length === 1 ? DEFAULT_NAME : '');
    if (schedulerName === '')
      throw new ConfigurationError(`profiles[${index}].schedulerName: Required value`);
    return { ...profile, schedulerName };
  });
  const names = named.map(({ schedulerName }) => schedulerName);
  const twice = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (twice !== -1)
    throw new ConfigurationError(
      `profiles[${twice}].schedulerName: Duplicate value: ${JSON.stringify(names[twice])}`,
    );
  return { ...rest, profiles: named };
}

/** The same of a file's text, in YAML or JSON. */
export function parseConfiguration(text: string): SchedulerConfiguration {
  return readConfiguration(parse(text) ?? {});
}
