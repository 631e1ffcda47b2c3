import type { ExtensionPoints } from '../framework/framework.ts';
import type { Plugin, PluginHandle } from '../framework/plugin.ts';
import { ConfigurationError } from './configuration-error.ts';
import type { Plugins, PluginSet, Profile } from './configuration.ts';
import { DEFAULT_PLUGINS } from './default-plugins.ts';
import type { PluginRegistry } from './registry.ts';

type Point = keyof ExtensionPoints;
type Entry = PluginSet['enabled'][number];

/** What a plugin has to have for each extension point. */
const METHODS = {
  preEnqueue: 'preEnqueue',
  queueSort: 'compare',
  preFilter: 'preFilter',
  filter: 'filter',
  postFilter: 'postFilter',
  preScore: 'preScore',
  score: 'score',
  reserve: 'reserve',
  permit: 'permit',
  preBind: 'preBind',
  bind: 'bind',
  postBind: 'postBind',
} as const satisfies Record<Point, keyof Plugin>;

/** Makes the plugins of a profile. Throws a ConfigurationError. */
export function extensionPointsOf(
  profile: Profile,
  registry: PluginRegistry,
  handle: PluginHandle,
): ExtensionPoints {
  const multiPoint = merge(DEFAULT_PLUGINS, profile.plugins.multiPoint);
  const made = makePlugins(profile, multiPoint, registry, handle);
  const at = (point: Point): readonly { readonly plugin: Plugin; readonly weight: number }[] =>
    entriesAt(point, profile.plugins, multiPoint, made).map(({ name, weight }) => ({
      plugin: made.get(name) as Plugin,
      weight: weight === 0 ? 1 : weight,
    }));
  const plugins = (point: Point): readonly Plugin[] => at(point).map(({ plugin }) => plugin);
  const points: ExtensionPoints = {
    preEnqueue: plugins('preEnqueue'),
    queueSort: plugins('queueSort'),
    preFilter: plugins('preFilter'),
    filter: plugins('filter'),
    postFilter: plugins('postFilter'),
    preScore: plugins('preScore'),
    score: at('score'),
    reserve: plugins('reserve'),
    permit: plugins('permit'),
    preBind: plugins('preBind'),
    bind: plugins('bind'),
    postBind: plugins('postBind'),
  };
  const { schedulerName } = profile;
  if (points.queueSort.length !== 1)
    throw new ConfigurationError(
      `only one queue sort plugin required for profile with scheduler name ${JSON.stringify(schedulerName)}, but got ${points.queueSort.length}`,
    );
  if (points.bind.length === 0)
    throw new ConfigurationError(
      `at least one bind plugin is needed for profile with scheduler name ${JSON.stringify(schedulerName)}`,
    );
  return points;
}

function makePlugins(
  { plugins, pluginConfig }: Profile,
  multiPoint: readonly Entry[],
  registry: PluginRegistry,
  handle: PluginHandle,
): ReadonlyMap<string, Plugin> {
  const named = [
    ...multiPoint,
    ...Object.keys(METHODS).flatMap((point) => plugins[point as Point].enabled),
  ];
  const made = new Map<string, Plugin>();
  for (const { name } of named) {
    if (made.has(name)) continue;
    const factory = registry[name];
    if (factory === undefined)
      throw new ConfigurationError(`plugin ${JSON.stringify(name)} is not registered`);
    try {
      const { args } = pluginConfig.find((config) => config.name === name) ?? {};
      made.set(name, factory(args, handle));
    } catch (error) {
      throw new ConfigurationError(
        `initializing plugin ${JSON.stringify(name)}: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
  return made;
}

/** The defaults without what is disabled, where a plugin named anew takes the place it had. */
function merge(defaults: PluginSet, { enabled, disabled }: PluginSet): readonly Entry[] {
  const off = new Set(disabled.map(({ name }) => name));
  const kept = off.has('*') ? [] : defaults.enabled.filter(({ name }) => !off.has(name));
  const again = (entry: Entry): Entry => enabled.find(({ name }) => name === entry.name) ?? entry;
  const names = new Set(kept.map(({ name }) => name));
  return [...kept.map(again), ...enabled.filter(({ name }) => !names.has(name))];
}

/** Those named for the point that are also general come first, then the general ones, then the others. */
function entriesAt(
  point: Point,
  plugins: Plugins,
  multiPoint: readonly Entry[],
  made: ReadonlyMap<string, Plugin>,
): readonly Entry[] {
  const extend = ({ name }: Entry): boolean => made.get(name)?.[METHODS[point]] !== undefined;
  const { enabled, disabled } = plugins[point];
  const unfit = enabled.find((entry) => !extend(entry));
  if (unfit !== undefined)
    throw new ConfigurationError(
      `plugin ${JSON.stringify(unfit.name)} does not extend ${point} plugin`,
    );
  const isIn =
    (entries: readonly Entry[]) =>
    ({ name }: Entry) =>
      entries.some((entry) => entry.name === name);
  const off = new Set(disabled.map(({ name }) => name));
  const general = off.has('*')
    ? []
    : multiPoint.filter((entry) => extend(entry) && !off.has(entry.name));
  return [
    ...enabled.filter(isIn(multiPoint)),
    ...general.filter((entry) => !isIn(enabled)(entry)),
    ...enabled.filter((entry) => !isIn(multiPoint)(entry)),
  ];
}
