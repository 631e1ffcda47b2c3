import { resources } from '../../../engine/client/resources.ts';
import type { ConfigMap } from '../../../engine/objects/generated/core-v1.generated.ts';
import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Check,
  type Checks,
  type LessonWorld,
} from '../../checks.ts';
import { componentRuns, objects, printed, servesWithout } from '../../cluster-checks.ts';

const NAMESPACE = 'default';
const NOTE = { namespace: NAMESPACE, name: 'note' };
const READER = { namespace: NAMESPACE, name: 'reader' };
const PAGE = { namespace: NAMESPACE, name: 'page' };
const SERVER = 'kube-apiserver';
const components = { kind: 'nodes' } as const;
const terminal = { kind: 'terminal' } as const;
const configMaps = objects(resources.configMaps);
const roles = objects(resources.roles);
const roleBindings = objects(resources.roleBindings);
const deployments = objects(resources.deployments);

const note = (world: LessonWorld) => world.cluster.object(resources.configMaps, NOTE);

/** Programs that have written fields of the ConfigMap. A watch leaves them out, so the API server is asked. */
async function writersOfNote(world: LessonWorld): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${NOTE.namespace}/configmaps/${NOTE.name}`;
  const answer = await world.cluster.ask(path);
  if (answer?.status !== 200) return [];
  const { metadata } = JSON.parse(answer.text) as ConfigMap;
  return (metadata?.managedFields ?? []).map(({ manager }) => manager ?? 'somebody');
}

/** Kinds of objects that the account may list, by what is bound to it. */
async function listable(world: LessonWorld): Promise<readonly string[]> {
  const bindings = await world.cluster.objects(resources.roleBindings, NAMESPACE);
  const bound = bindings
    .filter(({ subjects = [] }) =>
      subjects.some(({ kind, name }) => kind === 'ServiceAccount' && name === READER.name),
    )
    .map(({ roleRef }) => roleRef.name);
  const all = await world.cluster.objects(resources.roles, NAMESPACE);
  return all
    .filter(({ metadata }) => bound.includes(metadata.name))
    .flatMap(({ rules }) => rules ?? [])
    .filter(({ verbs }) => verbs.includes('list') || verbs.includes('*'))
    .flatMap((rule) => rule.resources ?? []);
}

/** Passes when the API server was away and is ready again. */
function returned(): Check {
  let wasAway = false;
  return {
    kind: 'edge',
    triggers: [components],
    async evaluate(world) {
      if (!componentRuns(world, SERVER)) {
        wasAway = true;
        return waiting('The API server is away.');
      }
      if (!wasAway) return waiting('The API server has not been away yet.');
      return (await world.cluster.ask('/readyz'))?.status === 200
        ? passed('It is ready again.')
        : waiting('It runs, and is not ready yet.');
    },
  };
}

export const checks: Checks = {
  discovered: printed(/deployments\/scale\s+get\b/, 'resources of apps/v1'),

  posted: edge([configMaps], async (world) => {
    if ((await note(world)) === undefined) return waiting('There is no ConfigMap note yet.');
    const writers = await writersOfNote(world);
    return writers.includes('curl')
      ? passed('The API server has noted who wrote it: curl.')
      : failed(
          `It was written by ${writers.join(', ')}, not by curl. Delete it, and send the POST.`,
        );
  }),

  patched: edge([configMaps], async (world) => {
    const text = (await note(world))?.data?.['text'];
    if (text === 'too late') return failed('The PUT went through: did it name another version?');
    return text === 'patched'
      ? passed('The PATCH has changed it, and the late PUT has not.')
      : waiting(`The text is “${text ?? ''}”.`);
  }),

  watched: printed(/\["MODIFIED","note"/, 'a change of note, as a watch tells it'),

  refused: edge([terminal], async (world) => {
    const text = world.printed();
    const missing = [
      /system:anonymous\\?" cannot list/.test(text) ? '' : 'a refusal for system:anonymous',
      /"code": ?401/.test(text) ? '' : 'one with the code 401',
    ].filter((each) => each !== '');
    return missing.length === 0
      ? passed('Nobody was let in without a proof, and nobody with a false one.')
      : waiting(`The terminal has not shown ${missing.join(' and ')} yet.`);
  }),

  bound: edge([roles, roleBindings, objects(resources.serviceAccounts)], async (world) => {
    if ((await world.cluster.object(resources.serviceAccounts, READER)) === undefined)
      return waiting('There is no service account reader yet.');
    const kinds = await listable(world);
    if (kinds.some((kind) => kind === 'secrets' || kind === '*'))
      return failed('It may list Secrets too.');
    return kinds.includes('configmaps')
      ? passed('Its role allows to list ConfigMaps, and no Secrets.')
      : waiting('It may not list ConfigMaps.');
  }),

  away: servesWithout(
    SERVER,
    NAMESPACE,
    { app: PAGE.name },
    'nobody could tell a kubelet anything new.',
  ),

  returned,

  clean: gone([configMaps, roles, deployments], 'Something of this lesson', async (world) => {
    const { cluster } = world;
    return (
      (await note(world)) !== undefined ||
      (await cluster.object(resources.roles, READER)) !== undefined ||
      (await cluster.object(resources.deployments, PAGE)) !== undefined
    );
  }),
};
