import { edge, failed, gone, passed, waiting, type Checks, type Trigger } from '../../checks.ts';
import { container, image } from '../docker-facts.ts';

const FOLDER = '/root/work/docker-parts';
const docker: Trigger = { kind: 'docker' };

interface Version {
  readonly ApiVersion: string;
  readonly Version: string;
}

function readVersion(text: string): Partial<Version> | undefined {
  try {
    return JSON.parse(text) as Partial<Version>;
  } catch {
    return undefined;
  }
}

export const checks: Checks = {
  asked: edge([{ kind: 'files', path: FOLDER }, { kind: 'terminal' }], async (world) => {
    const text = await world.readFile(`${FOLDER}/version.json`);
    if (text === undefined) return waiting('There is no docker-parts/version.json yet.');
    const told = readVersion(text);
    if (told === undefined) return failed('version.json is there, and is not JSON.');
    const is = await world.docker<Version>('/version');
    return told.Version !== undefined && told.Version === is?.Version
      ? passed(`The daemon calls itself ${told.Version} and speaks API ${told.ApiVersion}.`)
      : failed('version.json is JSON, and not the daemon’s answer to /version.');
  }),

  image: edge([docker], async (world) => {
    const own = await image(world, 'busybox');
    return own === undefined
      ? waiting('The daemon has no image called busybox yet.')
      : passed(`The daemon has it; its id begins with ${own.Id.slice(7, 19)}.`);
  }),

  created: edge([docker], async (world) => {
    const raw = await container(world, 'raw');
    if (raw === undefined) return waiting('There is no container called raw yet.');
    const own = await image(world, 'busybox');
    return raw.Image === own?.Id
      ? passed(`The daemon knows it as ${raw.Id.slice(0, 12)}.`)
      : failed('The container raw was made from another image than busybox.');
  }),

  running: edge([docker], async (world) => {
    const raw = await container(world, 'raw');
    if (raw === undefined) return waiting('There is no container called raw.');
    const { Running, Status, Pid } = raw.State;
    return Running
      ? passed(`It runs, as process ${Pid} of this machine.`)
      : waiting(`The container raw is ${Status}, not running.`);
  }),

  clean: gone(
    [docker],
    'The container raw',
    async (world) => (await container(world, 'raw')) !== undefined,
  ),
};
