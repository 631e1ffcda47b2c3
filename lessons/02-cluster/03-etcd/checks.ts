import { resources } from '../../../engine/client/resources.ts';
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
import { componentRuns, objects, servesWithout } from '../../cluster-checks.ts';

const NAMESPACE = 'default';
const PRICE = { namespace: NAMESPACE, name: 'price' };
const VAULT = { namespace: NAMESPACE, name: 'vault' };
const PAGE = { namespace: NAMESPACE, name: 'page' };
const FOLDER = '/root/work/etcd';
const components = { kind: 'nodes' } as const;
const terminal = { kind: 'terminal' } as const;
const configMaps = objects(resources.configMaps);
const secrets = objects(resources.secrets);
const deployments = objects(resources.deployments);

const price = (world: LessonWorld) => world.cluster.object(resources.configMaps, PRICE);

/** What `etcd-backup` writes. */
interface Backup {
  readonly header?: { readonly revision?: string };
  readonly kvs?: readonly { readonly key: string }[];
}

function parsed(text: string): Backup | undefined {
  try {
    return JSON.parse(text) as Backup;
  } catch {
    return undefined;
  }
}

/** Only etcd can bring an object back as who it was: the API server gives each new one another uid. */
function restored(): Check {
  let uid: string | undefined;
  let wasGone = false;
  return {
    kind: 'edge',
    triggers: [configMaps],
    async evaluate(world) {
      const there = await price(world);
      if (there === undefined) {
        wasGone = uid !== undefined;
        return waiting('There is no ConfigMap price.');
      }
      uid ??= there.metadata.uid;
      if (there.metadata.uid !== uid) return failed('This price is a new object, with a new uid.');
      return wasGone
        ? passed(`It was gone, and is there again as ${uid}.`)
        : waiting('price has not been deleted yet.');
    },
  };
}

/** Passes when etcd was away and all is there again. */
function returned(): Check {
  let wasAway = false;
  return {
    kind: 'edge',
    triggers: [components],
    async evaluate(world) {
      if (!componentRuns(world, 'etcd')) {
        wasAway = true;
        return waiting('etcd is away.');
      }
      if (!wasAway) return waiting('etcd has not been away yet.');
      if ((await world.cluster.ask('/readyz'))?.status !== 200)
        return waiting('etcd runs. The API server is not ready yet.');
      const path = `/api/v1/namespaces/${PRICE.namespace}/configmaps/${PRICE.name}`;
      return (await world.cluster.ask(path))?.status === 200
        ? passed('All is there again: what etcd acknowledged, it had stored.')
        : failed('The API server is ready, and does not know the ConfigMap price.');
    },
  };
}

export const checks: Checks = {
  secret: edge([secrets, terminal], async (world) => {
    if ((await world.cluster.object(resources.secrets, VAULT)) === undefined)
      return waiting('There is no Secret vault yet.');
    return /^open-sesame$/m.test(world.printed())
      ? passed('Nothing had to be broken to read it.')
      : waiting('The terminal has not shown the word yet.');
  }),

  past: edge([configMaps, terminal], async (world) => {
    const apple = (await price(world))?.data?.['apple'];
    if (apple !== '12') return waiting(`The price is ${apple ?? 'not there'}, not 12.`);
    return world.printed().includes('{"apple":"10"}')
      ? passed('etcd still knew what it was before.')
      : waiting('The price is 12. The terminal has not shown the old one.');
  }),

  backup: edge([{ kind: 'files', path: FOLDER }, terminal], async (world) => {
    const text = await world.readFile(`${FOLDER}/backup.json`);
    if (text === undefined) return waiting('There is no backup.json yet.');
    const { kvs = [], header } = parsed(text) ?? {};
    const keys = kvs.map(({ key }) => atob(key));
    return keys.includes('/registry/configmaps/default/price')
      ? passed(`It has ${keys.length} keys as they were at revision ${header?.revision ?? '?'}.`)
      : waiting(`It has ${keys.length} keys, and that of price is not among them.`);
  }),

  restored,

  away: servesWithout(
    'etcd',
    NAMESPACE,
    { app: PAGE.name },
    'the cluster can remember nothing new.',
  ),

  returned,

  clean: gone([configMaps, secrets, deployments], 'Something of this lesson', async (world) => {
    const { cluster } = world;
    return (
      (await price(world)) !== undefined ||
      (await cluster.object(resources.secrets, VAULT)) !== undefined ||
      (await cluster.object(resources.deployments, PAGE)) !== undefined
    );
  }),
};
