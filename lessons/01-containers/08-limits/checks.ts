import {
  edge,
  failed,
  gone,
  level,
  passed,
  waiting,
  type Checks,
  type LessonWorld,
  type Trigger,
} from '../../checks.ts';
import { container, type DockerContainer } from '../docker-facts.ts';

const docker: Trigger = { kind: 'docker' };
const terminal: Trigger = { kind: 'terminal' };

/** A number of a file of the container's control group that has lines of names and numbers. */
async function counted(
  world: LessonWorld,
  { Id }: DockerContainer,
  file: string,
  name: string,
): Promise<number> {
  const text = (await world.readFile(`/sys/fs/cgroup/docker/${Id}/${file}`)) ?? '';
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? 0);
}

export const checks: Checks = {
  killed: edge([docker], async (world) => {
    const hog = await container(world, 'hog');
    if (hog === undefined) return waiting('There is no container called hog yet.');
    const { Running, OOMKilled, ExitCode } = hog.State;
    if (hog.HostConfig.Memory === 0) return failed('The container hog has no memory limit.');
    if (Running) return waiting('The container hog is running.');
    return OOMKilled
      ? passed(`The kernel killed it at its limit of ${hog.HostConfig.Memory} bytes.`)
      : failed(`It ended with exit code ${ExitCode}, and not for want of memory.`);
  }),

  throttled: edge([docker, terminal], async (world) => {
    const half = await container(world, 'half');
    if (half === undefined) return waiting('There is no container called half yet.');
    if (!half.State.Running) return failed(`The container half is ${half.State.Status}.`);
    if (half.HostConfig.NanoCpus === 0)
      return failed('The container half has no limit: use --cpus.');
    const times = await counted(world, half, 'cpu.stat', 'nr_throttled');
    return times > 0
      ? passed(`The kernel has made it wait ${times} times.`)
      : waiting('It has its limit, and has not been throttled so far.');
  }),

  updated: level([docker, terminal], async (world) => {
    const half = await container(world, 'half');
    if (half === undefined) return waiting('There is no container called half.');
    const limit = (await world.readFile(`/sys/fs/cgroup/docker/${half.Id}/cpu.max`))?.trim();
    return limit === '10000 100000'
      ? passed('Its control group says 10,000 of every 100,000 microseconds.')
      : waiting(`Its control group says ${limit ?? 'nothing'}.`);
  }),

  few: edge([docker, terminal], async (world) => {
    const few = await container(world, 'few');
    if (few === undefined) return waiting('There is no container called few yet.');
    const limit = await world.readFile(`/sys/fs/cgroup/docker/${few.Id}/pids.max`);
    if (limit === undefined) return failed('The container few is not running.');
    if (limit.trim() !== '10') return failed(`It may have ${limit.trim()} processes, not 10.`);
    const refused = await counted(world, few, 'pids.events', 'max');
    return refused > 0
      ? passed(`The kernel has refused ${refused} more processes.`)
      : waiting('It has its limit, and has not reached it.');
  }),

  clean: gone([docker], 'One of the three containers', async (world) => {
    const all = await Promise.all(['hog', 'half', 'few'].map((name) => container(world, name)));
    return all.some((one) => one !== undefined);
  }),
};
