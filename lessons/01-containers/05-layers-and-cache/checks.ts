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
import { container, image } from '../docker-facts.ts';

const FOLDER = '/root/work/leak';
/** What a report may weigh. */
const SMALL = 100_000;
const docker: Trigger = { kind: 'docker' };

/** Of layers that two images have in common, from below. */
function shared(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((layer, index) => other[index] !== layer);
  return differs === -1 ? one.length : differs;
}

async function layersOf(world: LessonWorld, name: string): Promise<readonly string[]> {
  return (await image(world, name))?.RootFS.Layers ?? [];
}

export const checks: Checks = {
  slow: edge([docker], async (world) => {
    const base = await layersOf(world, 'busybox');
    const layers = await layersOf(world, 'tool:slow');
    if (layers.length === 0) return waiting('There is no image called tool:slow yet.');
    if (shared(base, layers) < base.length)
      return failed('tool:slow does not stand on busybox. Check the FROM line.');
    const own = layers.length - base.length;
    return own >= 2
      ? passed(`tool:slow has ${own} layers of yours on ${base.length} of busybox.`)
      : failed(`tool:slow has ${own} layers of yours; the Dockerfile of this step makes two.`);
  }),

  cached: edge([docker], async (world) => {
    const [first, second] = [await layersOf(world, 'tool:1'), await layersOf(world, 'tool:2')];
    if (first.length === 0) return waiting('There is no image called tool:1 yet.');
    if (second.length === 0) return waiting('There is no image called tool:2 yet.');
    const same = shared(first, second);
    const base = (await layersOf(world, 'busybox')).length;
    if (first.length < base + 3 || first.length !== second.length)
      return failed(
        `They have ${first.length} and ${second.length} layers; the Dockerfile of this step makes ${base + 3}.`,
      );
    if (same === first.length)
      return waiting('They are the same image: change run.sh, and build tool:2 again.');
    return same === first.length - 1
      ? passed(`They share ${same} of ${first.length} layers: only run.sh is new.`)
      : failed(`They share ${same} of ${first.length} layers: the installation was made again.`);
  }),

  leaked: edge([{ kind: 'terminal' }, docker], async (world) => {
    if ((await image(world, 'leak')) === undefined)
      return waiting('There is no image called leak yet.');
    const token = await world.readFile(`${FOLDER}/token.txt`);
    const found = await world.readFile(`${FOLDER}/found.txt`);
    if (found === undefined) return waiting('There is no leak/found.txt yet.');
    return token !== undefined && found.includes(token.trim())
      ? passed(`The deleted file still says: ${found.trim()}`)
      : failed('found.txt is there, and the password is not in it.');
  }),

  small: edge([docker], async (world) => {
    const [base, report] = [await image(world, 'busybox'), await image(world, 'report')];
    if (report === undefined) return waiting('There is no image called report yet.');
    const more = report.Size - (base?.Size ?? 0);
    if (more > SMALL)
      return failed(`report is ${more} bytes larger than busybox: something else came along.`);
    const run = await container(world, 'report');
    if (run === undefined)
      return waiting(`report adds ${more} bytes to busybox. No container report was made yet.`);
    if (run.Image !== report.Id)
      return failed('The container report was made from another image than report as it is now.');
    if (run.State.Status !== 'exited')
      return waiting(`The container report is ${run.State.Status}.`);
    return run.State.ExitCode === 0
      ? passed(`It has printed the report, and adds ${more} bytes to busybox.`)
      : failed(`It ended with exit code ${run.State.ExitCode}. Is /report in the image?`);
  }),

  clean: gone([docker], 'Something of this lesson', async (world) => {
    if ((await container(world, 'report')) !== undefined) return true;
    const images = ['tool:slow', 'tool:1', 'tool:2', 'leak', 'report'];
    const found = await Promise.all(images.map((name) => image(world, name)));
    return found.some((one) => one !== undefined);
  }),
};
