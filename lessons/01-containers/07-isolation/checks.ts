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
import { container } from '../docker-facts.ts';

const docker: Trigger = { kind: 'docker' };
const terminal: Trigger = { kind: 'terminal' };
/** Port 80 and the state “listening”, as `/proc/net/tcp` writes them. */
const LISTENS = /:0050 [0-9A-F]+:0000 0A /;

/** Number of the process of a container that runs. */
async function processOf(world: LessonWorld, name: string): Promise<number | undefined> {
  const found = await container(world, name);
  return found?.State.Running === true ? found.State.Pid : undefined;
}

/** A line of the process's `status`, without its name. */
async function statusOf(world: LessonWorld, pid: number, name: string): Promise<string> {
  const status = (await world.readFile(`/proc/${pid}/status`)) ?? '';
  const line = status.split('\n').find((one) => one.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim() ?? '';
}

async function listens(world: LessonWorld, pid: number): Promise<boolean> {
  const sockets = await Promise.all(
    ['tcp', 'tcp6'].map((file) => world.readFile(`/proc/${pid}/net/${file}`)),
  );
  return sockets.some((text) => text !== undefined && LISTENS.test(text));
}

export const checks: Checks = {
  cell: edge([docker], async (world) => {
    const pid = await processOf(world, 'cell');
    if (pid === undefined) return waiting('No container called cell is running yet.');
    const numbers = (await statusOf(world, pid, 'NSpid')).split(/\s+/);
    return numbers.length > 1
      ? passed(`Process ${numbers[0]} of the machine is process ${numbers.at(-1)} inside.`)
      : failed(`Process ${pid} has the same number inside: it shares the machine’s processes.`);
  }),

  wall: edge([terminal], async (world) => {
    const pid = await processOf(world, 'cell');
    if (pid === undefined) return waiting('The container cell is not running.');
    if ((await world.readFile('/wall')) !== undefined)
      return failed('The machine itself has a file /wall. Remove it there: rm /wall');
    return (await world.readFile(`/proc/${pid}/root/wall`)) === undefined
      ? waiting('There is no file /wall in the container cell yet.')
      : passed('The file is in the container, and not on the machine.');
  }),

  two: edge([docker], async (world) => {
    for (const name of ['one', 'two']) {
      const pid = await processOf(world, name);
      if (pid === undefined) return waiting(`No container called ${name} is running yet.`);
      if (!(await listens(world, pid))) return waiting(`${name} does not listen at port 80.`);
    }
    return passed('Both listen at port 80.');
  }),

  guest: edge([docker], async (world) => {
    const [one, guest] = [await processOf(world, 'one'), await processOf(world, 'guest')];
    if (one === undefined) return waiting('The container one is not running.');
    if (guest === undefined) return waiting('No container called guest is running yet.');
    const { stdout } = await world.run('readlink', `/proc/${one}/ns/net`, `/proc/${guest}/ns/net`);
    const [theirs, own] = stdout.split('\n');
    return theirs === own
      ? passed(`Both are in ${own}.`)
      : failed(`one is in ${theirs}, and guest in ${own}.`);
  }),

  plain: edge([docker], async (world) => {
    const pid = await processOf(world, 'plain');
    if (pid === undefined) return waiting('No container called plain is running yet.');
    const [user] = (await statusOf(world, pid, 'Uid')).split(/\s+/);
    if (user !== '1000') return failed(`plain runs as user ${user}, not 1000.`);
    const may = await statusOf(world, pid, 'CapBnd');
    return /^0+$/.test(may)
      ? passed('It runs as user 1000, and no program in it can get a capability.')
      : failed(`It runs as user 1000. Its capabilities could be ${may}: drop them all.`);
  }),

  shared: edge([terminal], async (world) => {
    const pid = await processOf(world, 'cell');
    if (pid === undefined) return waiting('The container cell is not running.');
    const setting = (await world.readFile('/proc/sys/kernel/panic'))?.trim();
    const inside = (await world.readFile(`/proc/${pid}/root/proc/sys/kernel/panic`))?.trim();
    return setting === '7' && inside === '7'
      ? passed('It is 7 in both: there is only one.')
      : waiting(`It is ${setting} on the machine, and ${inside} in the container.`);
  }),

  clean: gone([docker], 'One of the five containers', async (world) => {
    const names = ['cell', 'one', 'two', 'guest', 'plain'];
    const found = await Promise.all(names.map((name) => container(world, name)));
    return found.some((one) => one !== undefined);
  }),
};
