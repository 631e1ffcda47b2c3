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

const ROOT = '/var/lib/drydock/by-hand/root';
const CGROUP = '/sys/fs/cgroup/by-hand';
const LIMIT = 20 * 1024 * 1024;
const terminal: Trigger = { kind: 'terminal' };

/** Prints the numbers of processes whose root is the overlay and who have a process namespace of their own. */
const INSIDE = `
own=$(readlink /proc/1/ns/pid)
for process in /proc/[0-9]*; do
  read -r _ at _ < $process/mounts 2>/dev/null || continue
  [ "$at" = / ] || continue
  read -r mount < $process/mounts
  case $mount in *upperdir=upper*|*by-hand/upper*) ;; *) continue ;; esac
  [ "$(readlink $process/ns/pid)" = "$own" ] || echo \${process#/proc/}
done`;

async function inside(world: LessonWorld): Promise<readonly string[]> {
  const { stdout } = await world.run('sh', '-c', INSIDE);
  return stdout.split('\n').filter((line) => line !== '');
}

async function overlay(world: LessonWorld): Promise<string | undefined> {
  const mounts = (await world.readFile('/proc/self/mounts')) ?? '';
  return mounts.split('\n').find((line) => line.split(' ')[1] === ROOT);
}

export const checks: Checks = {
  overlay: edge([terminal], async (world) => {
    const mount = await overlay(world);
    if (mount === undefined) return waiting(`Nothing is mounted at ${ROOT} yet.`);
    if (!mount.startsWith('overlay '))
      return failed(`What is mounted there is no overlay: ${mount}`);
    return (await world.list(`${ROOT}/bin`)).includes('busybox')
      ? passed('The overlay is there, and shows the files of busybox.')
      : failed('The overlay is there, and shows no bin/busybox. Is the lower directory empty?');
  }),

  namespaces: edge([terminal], async (world) => {
    const [first] = await inside(world);
    return first === undefined
      ? waiting('No process has the overlay as its root and a process namespace of its own.')
      : passed(`Seen from outside, the container’s process has the number ${first}.`);
  }),

  cgroup: edge([terminal], async (world) => {
    const limit = await world.readFile(`${CGROUP}/memory.max`);
    if (limit === undefined) return waiting(`There is no ${CGROUP} yet.`);
    if (Number(limit) !== LIMIT)
      return failed(`Its memory.max says ${limit.trim()}; 20M would be ${LIMIT}.`);
    const members = ((await world.readFile(`${CGROUP}/cgroup.procs`)) ?? '').split('\n');
    const processes = await inside(world);
    if (processes.length === 0) return waiting('The limit is set. No container is running.');
    return processes.some((process) => members.includes(process))
      ? passed('The container’s process is in the control group.')
      : waiting('The limit is set. The container’s process is not in the group yet.');
  }),

  docker: edge([{ kind: 'docker' }], async (world) => {
    const same = await container(world, 'same');
    if (same === undefined) return waiting('There is no container called same yet.');
    if (!same.State.Running)
      return failed(`The container same is ${same.State.Status}, not running.`);
    return same.HostConfig.Memory === LIMIT
      ? passed(`Docker’s container is process ${same.State.Pid} of this machine.`)
      : failed(`Its memory limit is ${same.HostConfig.Memory} bytes, not ${LIMIT}.`);
  }),

  clean: gone([terminal, { kind: 'docker' }], 'Something of this lesson', async (world) => {
    if ((await container(world, 'same')) !== undefined) return true;
    if ((await world.readFile(`${CGROUP}/cgroup.procs`)) !== undefined) return true;
    return (await overlay(world)) !== undefined;
  }),
};
