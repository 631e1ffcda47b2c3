import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Checks,
  type LessonWorld,
  type Trigger,
} from '../../checks.ts';
import { container, type DockerContainer } from '../docker-facts.ts';

const SITE = '/root/work/volumes-networks/site';
const docker: Trigger = { kind: 'docker' };
const terminal: Trigger = { kind: 'terminal' };
const files: Trigger = { kind: 'files', path: SITE };

interface Volume {
  readonly Mountpoint: string;
}

const volume = (world: LessonWorld): Promise<Volume | undefined> =>
  world.docker<Volume>('/volumes/notes');

const isMember = ({ NetworkSettings }: DockerContainer, network: string): boolean =>
  network in NetworkSettings.Networks;

export const checks: Checks = {
  kept: edge([docker, terminal], async (world) => {
    const notes = await volume(world);
    if (notes === undefined) return waiting('There is no volume called notes yet.');
    const visits = (await world.readFile(`${notes.Mountpoint}/visits`)) ?? '';
    const who = new Set(visits.split('\n').filter((line) => line !== ''));
    if (who.size === 0) return waiting('The volume is there. Nobody has written to visits yet.');
    return who.size > 1
      ? passed(`Written to by ${[...who].join(' and ')}.`)
      : waiting(`So far only ${[...who].join()} has written to it. Run another container.`);
  }),

  served: edge([docker], async (world) => {
    const site = await container(world, 'site');
    if (site === undefined) return waiting('There is no container called site yet.');
    const mount = site.Mounts.find(({ Source }) => Source === SITE);
    if (mount === undefined) return failed(`The container site has no bind mount of ${SITE}.`);
    if (mount.RW) return failed('The container site may write to your folder: add :ro.');
    const page = await world.page(8080);
    if (page === undefined) return waiting('Nothing answers at port 8080 of the machine yet.');
    return page.text === (await world.readFile(`${SITE}/index.html`))
      ? passed('Port 8080 answers with your file.')
      : failed(`Port 8080 answers with status ${page.status} and another page than your file.`);
  }),

  live: edge([docker, files], async (world) => {
    const page = await world.page(8080);
    if (page === undefined) return waiting('Nothing answers at port 8080 of the machine.');
    if (page.text !== (await world.readFile(`${SITE}/index.html`)))
      return failed('Port 8080 shows something else than your site/index.html.');
    return page.text.includes('The harbour is closed')
      ? waiting('It still says that the harbour is closed.')
      : passed('The page shows what the file says now.');
  }),

  names: edge([docker], async (world) => {
    const [api, buyer, stranger] = await Promise.all(
      ['api', 'buyer', 'stranger'].map((name) => container(world, name)),
    );
    if (api === undefined) return waiting('There is no container called api yet.');
    if (!isMember(api, 'harbour')) return failed('api is not on a network called harbour.');
    if (buyer === undefined) return waiting('There is no container called buyer yet.');
    if (buyer.State.Status !== 'exited') return waiting(`buyer is ${buyer.State.Status}.`);
    if (buyer.State.ExitCode !== 0)
      return failed(`buyer ended with exit code ${buyer.State.ExitCode}: it has not reached api.`);
    if (stranger === undefined) return waiting('buyer has reached api. Nobody else has tried yet.');
    if (isMember(stranger, 'harbour')) return failed('stranger is on the network harbour as well.');
    if (stranger.State.Status !== 'exited') return waiting(`stranger is ${stranger.State.Status}.`);
    return stranger.State.ExitCode === 0
      ? failed('stranger has ended without an error. Did it ask for api?')
      : passed(`buyer has reached api; stranger gave up with ${stranger.State.ExitCode}.`);
  }),

  joined: edge([docker], async (world) => {
    const site = await container(world, 'site');
    if (site === undefined) return waiting('There is no container called site.');
    const networks = Object.keys(site.NetworkSettings.Networks);
    return ['bridge', 'harbour'].every((name) => networks.includes(name))
      ? passed('It is on bridge and on harbour.')
      : waiting(`It is on ${networks.join(' and ') || 'no network'}.`);
  }),

  clean: gone([docker], 'Something of this lesson', async (world) => {
    const names = ['site', 'api', 'buyer', 'stranger'];
    const found = await Promise.all([
      ...names.map((name) => container(world, name)),
      volume(world),
      world.docker<object>('/networks/harbour'),
    ]);
    return found.some((one) => one !== undefined);
  }),
};
