import { edge, gone, passed, waiting, type Checks, type Trigger } from '../../checks.ts';
import { container } from '../docker-facts.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const MANY = 6;
const docker: Trigger = { kind: 'docker' };

interface Listed {
  readonly State: string;
}

export const checks: Checks = {
  booted: edge([{ kind: 'machines' }], async (world) => {
    const there = world.machine('vm');
    if (there === undefined) return waiting('The machine vm does not run yet.');
    const [own, other] = [await world.readFile(BOOT_ID), await there.readFile(BOOT_ID)];
    return other === undefined || other === own
      ? waiting('The machine vm does not answer yet.')
      : passed(`Its kernel calls this boot ${other.trim()}; the first machine’s is another one.`);
  }),

  started: edge([docker], async (world) => {
    const beside = await container(world, 'beside');
    if (beside === undefined) return waiting('There is no container called beside yet.');
    return beside.State.Running
      ? passed(`It is process ${beside.State.Pid} of the first machine.`)
      : waiting(`The container beside is ${beside.State.Status}.`);
  }),

  many: edge([docker], async (world) => {
    const running = (await world.docker<readonly Listed[]>('/containers/json')) ?? [];
    return running.length >= MANY
      ? passed(`${running.length} containers run.`)
      : waiting(`${running.length} of ${MANY} containers run.`);
  }),

  fit: edge([{ kind: 'terminal' }], async (world) => {
    const [, each, more] =
      /^one takes (\d+) kB, so (\d+) more would fit/m.exec(world.printed()) ?? [];
    return each === undefined
      ? waiting('The terminal has not shown it yet.')
      : passed(`${more} more of ${each} kB each, if they do nothing but sleep.`);
  }),

  clean: gone([docker], 'A container of this lesson', async (world) => {
    const names = ['beside', 'more-1', 'more-2', 'more-3', 'more-4', 'more-5'];
    const found = await Promise.all(names.map((name) => container(world, name)));
    return found.some((one) => one !== undefined);
  }),
};
