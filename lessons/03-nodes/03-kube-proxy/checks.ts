import { resources } from '../../../engine/client/resources.ts';
import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Checks,
  type LessonWorld,
} from '../../checks.ts';
import { objects, rulesOn } from '../../cluster-checks.ts';

/** The node that the lesson’s terminal is of. */
const NODE = 'control-plane';
const ADDRESS = '10.96.80.80';
const NAME = { namespace: 'default', name: 'web' };
const PROXY = { namespace: 'kube-system', name: 'kube-proxy' };
const TABLE = 'table ip kube-proxy {';
const OWN_TABLE = 'table ip by-hand {';
const SERVED = 2;
const WANTED = 3;

const slices = objects(resources.endpointSlices);
const terminal = { kind: 'terminal' } as const;
const daemonSets = objects(resources.daemonSets);

/** Endpoints of the Service that are ready. */
async function endpoints(world: LessonWorld): Promise<number> {
  const all = await world.cluster.objects(resources.endpointSlices, NAME.namespace);
  return all
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === NAME.name)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready === true).length;
}

const rules = (world: LessonWorld): Promise<string> => rulesOn(world, NODE);

/** Over how many endpoints a ruleset spreads the Service’s packets. */
function sides(ruleset: string): number {
  const chain = /chain service-[^\n]*default\/web\/tcp\/ \{[^}]*numgen random mod (\d+)/.exec(
    ruleset,
  );
  return Number(chain?.[1] ?? 0);
}

export const checks: Checks = {
  made: edge([slices, objects(resources.services)], async (world) => {
    const service = await world.cluster.object(resources.services, NAME);
    if (service === undefined) return waiting('There is no Service web yet.');
    const ready = await endpoints(world);
    return ready >= SERVED
      ? passed(`${service.spec?.clusterIP ?? ''} leads to ${ready} endpoints.`)
      : waiting(`The Service web has ${ready} endpoints that are ready, of ${SERVED}.`);
  }),

  three: edge([slices, terminal], async (world) => {
    const ready = await endpoints(world);
    if (ready !== WANTED)
      return waiting(`web has ${ready} endpoints that are ready; ${WANTED} are wanted.`);
    const found = sides(await rules(world));
    return found === WANTED
      ? passed(`The chain of the Service has ${WANTED} ways to go.`)
      : waiting(`The chain of the Service has ${found} ways to go so far.`);
  }),

  spread: edge([terminal], async (world) => {
    const names = new Set(world.printed().match(/^Hostname: web-\S+/gm));
    return names.size > 1
      ? passed(`${names.size} different Pods have answered.`)
      : waiting(`${names.size} Pods have answered in the terminal so far; it takes two.`);
  }),

  refused: edge([slices, terminal], async (world) => {
    const ready = await endpoints(world);
    if (ready > 0) return waiting(`web still has ${ready} endpoints.`);
    return /map no-endpoint-services \{[^}]*10\.96\.80\.80/.test(await rules(world))
      ? passed('Its address is in the map of Services without endpoints.')
      : waiting('The rules of this node do not refuse packets for web yet.');
  }),

  off: edge([daemonSets, objects(resources.pods), terminal], async (world) => {
    const proxy = await world.cluster.object(resources.daemonSets, PROXY);
    const wanted = proxy?.status?.desiredNumberScheduled ?? 0;
    if (wanted > 0) return waiting(`The DaemonSet wants kube-proxy on ${wanted} nodes.`);
    return (await rules(world)).includes(TABLE)
      ? waiting('No node should have kube-proxy. Its table is still there.')
      : passed('The kernel of this node knows no Service any more.');
  }),

  'own-rule': edge([terminal], async (world) => {
    const all = await rules(world);
    if (all.includes(TABLE))
      return failed('kube-proxy’s table is there: the rules are not yours alone.');
    if (!/ip daddr 10\.96\.80\.80 tcp dport 80 dnat to/.test(all))
      return waiting(`No rule sends packets for port 80 of ${ADDRESS} elsewhere.`);
    const { stdout } = await world.cluster
      .node(NODE)
      .run('curl', '--silent', '--max-time', '3', `http://${ADDRESS}/`);
    const name = /^Hostname: (\S+)/m.exec(stdout)?.[1];
    return name === undefined
      ? failed(`There is a rule, and nobody answers at ${ADDRESS}.`)
      : passed(`${name} has answered, by your rule.`);
  }),

  clean: gone(
    [daemonSets, objects(resources.services), terminal],
    'Something of this lesson',
    async (world) => {
      if ((await world.cluster.object(resources.services, NAME)) !== undefined) return true;
      const all = await rules(world);
      return all.includes(OWN_TABLE) || !all.includes(TABLE);
    },
  ),
};
