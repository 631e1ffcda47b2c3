import {
  edge,
  failed,
  gone,
  passed,
  waiting,
  type Checks,
  type DockerFacts,
  type LessonWorld,
  type Outcome,
  type Trigger,
} from '../../checks.ts';
import { container, image, type DockerContainer } from '../docker-facts.ts';

const NAME = 'captain/greeting:1';
const triggers: readonly Trigger[] = [{ kind: 'docker' }, { kind: 'terminal' }];

interface Distribution {
  readonly Descriptor: { readonly digest: string };
}

const short = (id: string): string => id.replace('sha256:', '').slice(0, 12);

/** Asks about a container on the other machine that has been run to its end. */
async function ranThere(
  world: LessonWorld,
  name: string,
  evaluate: (found: DockerContainer, there: DockerFacts) => Promise<Outcome>,
): Promise<Outcome> {
  const there = world.machine('other');
  if (there === undefined) return waiting('The machine other has not been started yet.');
  const found = await container(there, name);
  if (found === undefined) return waiting(`There is no container ${name} on other yet.`);
  if (found.State.Status !== 'exited')
    return waiting(`The container ${name} on other is ${found.State.Status}.`);
  return evaluate(found, there);
}

export const checks: Checks = {
  built: edge(triggers, async (world) => {
    const built = await image(world, NAME);
    return built === undefined
      ? waiting(`There is no image ${NAME} yet.`)
      : passed(`Its id is ${short(built.Id)}.`);
  }),

  pushed: edge(triggers, async (world) => {
    const own = await image(world, NAME);
    if (own === undefined) return waiting(`There is no image ${NAME} on this machine.`);
    if (own.RepoDigests.length === 0) return waiting('It has not been pushed yet.');
    const kept = await world.docker<Distribution>(`/distribution/${NAME}/json`);
    const digest = kept?.Descriptor.digest ?? '';
    return own.RepoDigests.some((one) => one.endsWith(`@${digest}`))
      ? passed(`The registry has it, with the digest ${short(digest)}….`)
      : failed('The registry has another image of this name. Push again.');
  }),

  pulled: edge(triggers, (world) =>
    ranThere(world, 'first', async ({ Image }) => {
      const built = await image(world, NAME);
      return built?.Id === Image
        ? passed(`On both machines its id is ${short(Image)}.`)
        : failed(`On other it is ${short(Image)}, on drydock ${short(built?.Id ?? 'not there')}.`);
    }),
  ),

  moved: edge(triggers, (world) =>
    ranThere(world, 'first', (first) =>
      ranThere(world, 'second', async (second) => {
        if (second.Config.Image !== NAME || first.Config.Image !== NAME)
          return failed(`They were not both called ${NAME}.`);
        return first.Image === second.Image
          ? failed(
              `Both were run from ${short(first.Image)}. Pull the new image before the second.`,
            )
          : passed(`first is ${short(first.Image)}, second ${short(second.Image)}.`);
      }),
    ),
  ),

  pinned: edge(triggers, (world) =>
    ranThere(world, 'pinned', async (pinned, there) => {
      const first = await container(there, 'first');
      if (!pinned.Config.Image.includes('@sha256:'))
        return failed(`pinned was called ${pinned.Config.Image}, not by a digest.`);
      return pinned.Image === first?.Image
        ? passed(`It is ${short(pinned.Image)}, as first was.`)
        : failed(`It is ${short(pinned.Image)}; first was ${short(first?.Image ?? 'removed')}.`);
    }),
  ),

  clean: gone(
    triggers,
    `The image ${NAME}`,
    async (world) => (await image(world, NAME)) !== undefined,
  ),
};
