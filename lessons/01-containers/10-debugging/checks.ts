import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Check,
  type Checks,
  type LessonWorld,
  type Outcome,
  type Trigger,
} from '../../checks.ts';
import { container, type DockerContainer } from '../docker-facts.ts';

const triggers: readonly Trigger[] = [{ kind: 'docker' }, { kind: 'terminal' }];
const NOT_FOUND = 127;

/** Asks about the container `page`. */
function page(
  evaluate: (found: DockerContainer, world: LessonWorld) => Outcome | Promise<Outcome>,
): () => Check {
  return edge(triggers, async (world) => {
    const found = await container(world, 'page');
    return found === undefined
      ? waiting('There is no container called page.')
      : evaluate(found, world);
  });
}

export const checks: Checks = {
  seen: page(({ State: { Status, ExitCode } }) =>
    Status === 'created' && ExitCode === NOT_FOUND
      ? passed('Its state is created, its exit code 127.')
      : waiting(`Its state is ${Status}, its exit code ${ExitCode}.`),
  ),

  executable: page(({ State: { Status, ExitCode } }) =>
    Status === 'created'
      ? waiting(`It was not started; its exit code is ${ExitCode}.`)
      : passed(`It was started. It is ${Status} now.`),
  ),

  found: page(async ({ LogPath, State: { Running, Status, ExitCode } }, world) => {
    if (Running) return passed('It runs.');
    if (Status === 'created') return waiting(`It was not started; its exit code is ${ExitCode}.`);
    const log = (await world.readFile(LogPath)) ?? '';
    return /No such file/i.test(log)
      ? waiting('It has ended, and its log says “No such file or directory”.')
      : passed(`The script ran, and ended with exit code ${ExitCode}.`);
  }),

  stays: page(({ State: { Running, Status, ExitCode } }) => {
    if (Running) return passed('It runs.');
    return Status === 'exited'
      ? waiting(`It has ended with exit code ${ExitCode}. What does its log say?`)
      : waiting(`It is ${Status}.`);
  }),

  page: edge(triggers, async (world) => {
    const answer = await world.page(80);
    if (answer === undefined) return waiting('Nothing answers at port 80 of the machine.');
    return answer.status === 200
      ? passed(`It answers: ${answer.text.trim()}`)
      : failed(`It answers with status ${answer.status}.`);
  }),

  clean: gone(
    triggers,
    'The container page',
    async (world) => (await container(world, 'page')) !== undefined,
  ),
};
