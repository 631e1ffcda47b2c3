import { errorText } from '../../kubelet/pods/texts.ts';
import type { CriAuth } from '../../runtime/cri/types.ts';
import type { Command, Context } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import { containerId, podId } from './lookup.ts';

const NO_ID = 'ID cannot be empty';
const help = (): CrictlError => new CrictlError('', 'help');

/** Runs `work`; what it throws begins with what was tried. */
async function trying<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CrictlError(`${what}: ${errorText(error)}`, 'failure', { cause: error });
  }
}

/** All at once; fails with what each failed with. */
async function together(ids: readonly string[], work: (id: string) => Promise<void>) {
  const outcomes = await Promise.allSettled(ids.map(work));
  const failures = outcomes.flatMap((one) =>
    one.status === 'rejected' ? [errorText(one.reason)] : [],
  );
  if (failures.length > 0) throw new CrictlError(failures.join('\n'));
}

/** The ids that were named, or all there are. */
async function chosen(
  { options, log }: Context,
  kind: string,
  all: () => Promise<readonly { readonly id: string }[]>,
): Promise<readonly string[]> {
  const ids = options.flag('all') ? (await all()).map(({ id }) => id) : options.args;
  if (ids.length > 0) return ids;
  if (!options.flag('all')) throw help();
  await log('info', `No ${kind}s to remove`);
  return [];
}

async function stopContainer({ cri, session }: Context, id: string, seconds: number) {
  await trying(`stopping the container "${id}"`, async () =>
    cri.stopContainer(await containerId(cri, id), seconds),
  );
  await session.stdout(`${id}\n`);
}

async function stopPod({ cri, session }: Context, id: string, after = '') {
  await trying(`stopping the pod sandbox "${id}"${after}`, async () =>
    cri.stopPodSandbox(await podId(cri, id)),
  );
  await session.stdout(`Stopped sandbox ${id}\n`);
}

export const stop: Command = {
  name: 'stop',
  usage: 'Stop one or more running containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    {
      name: 'timeout',
      short: 't',
      kind: 'number',
      usage: 'Seconds to wait to kill the container after a graceful stop is requested',
    },
    { name: 'all', short: 'a', kind: 'flag', usage: 'Stop all running containers' },
  ],
  async run(context) {
    const { cri, options, session } = context;
    let ids = options.args;
    if (options.flag('all')) {
      if (ids.length > 0) throw new CrictlError('cannot specify CONTAINER-ID(s) when using --all');
      ids = (await cri.listContainers())
        .filter(({ state }) => state === 'CONTAINER_RUNNING')
        .map(({ id }) => id);
      if (ids.length === 0) await session.stdout('No running containers found.\n');
    } else if (ids.length === 0)
      throw new CrictlError('you must specify at least one CONTAINER-ID or use --all');
    for (const id of ids) await stopContainer(context, id, options.number('timeout'));
  },
};

export const start: Command = {
  name: 'start',
  usage: 'Start one or more created containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [],
  async run({ cri, options, session }) {
    if (options.args.length === 0) throw new CrictlError(NO_ID);
    for (const id of options.args) {
      await trying(`starting the container "${id}"`, async () =>
        cri.startContainer(await containerId(cri, id)),
      );
      await session.stdout(`${id}\n`);
    }
  },
};

export const rm: Command = {
  name: 'rm',
  usage: 'Remove one or more containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  flags: [
    {
      name: 'force',
      short: 'f',
      kind: 'flag',
      usage: 'Force removal of the container, disregarding if running',
    },
    {
      name: 'keep-logs',
      short: 'k',
      kind: 'flag',
      usage: 'Preserve the container log file and its rotations',
    },
    { name: 'all', short: 'a', kind: 'flag', usage: 'Remove all containers' },
  ],
  async run(context) {
    const { cri, agent, options, session, log } = context;
    const ids = await chosen(context, 'container', () => cri.listContainers());
    await together(ids, async (id) => {
      const whole = await containerId(cri, id);
      const { state, logPath } = await trying(`getting container status "${id}"`, () =>
        cri.containerStatus(whole),
      );
      if (state === 'CONTAINER_RUNNING') {
        if (!options.flag('force'))
          throw new CrictlError(`container "${id}" is running, please stop it first`);
        await stopContainer(context, id, 0);
      }
      await trying(`removing container "${id}"`, () => cri.removeContainer(whole));
      await session.stdout(`${id}\n`);
      if (options.flag('keep-logs') || logPath === '') return;
      for (const path of await logsOf(agent, logPath))
        await agent
          .call('file.remove', { path })
          .catch((error: unknown) =>
            log(
              'error',
              `removing log file ${path} for container "${id}" failed: ${errorText(error)}`,
            ),
          );
    });
  },
};

/** A container's log and those it was before. */
async function logsOf(agent: Context['agent'], path: string): Promise<string[]> {
  const slash = path.lastIndexOf('/');
  const { entries } = await agent.call('file.list', { path: path.slice(0, slash) });
  return [
    ...entries
      .filter(({ name }) => name.startsWith(`${path.slice(slash + 1)}.`))
      .map(({ name }) => path.slice(0, slash + 1) + name),
    path,
  ];
}

export const stopp: Command = {
  name: 'stopp',
  usage: 'Stop one or more running pods',
  argsUsage: 'POD-ID [POD-ID...]',
  flags: [],
  async run(context) {
    if (context.options.args.length === 0) throw help();
    for (const id of context.options.args) await stopPod(context, id);
  },
};

export const rmp: Command = {
  name: 'rmp',
  usage: 'Remove one or more pods',
  argsUsage: 'POD-ID [POD-ID...]',
  flags: [
    {
      name: 'force',
      short: 'f',
      kind: 'flag',
      usage: 'Force removal of the pod sandbox, disregarding if running',
    },
    { name: 'all', short: 'a', kind: 'flag', usage: 'Remove all pods' },
  ],
  async run(context) {
    const { cri, options, session } = context;
    const ids = await chosen(context, 'pod', () => cri.listPodSandbox());
    await together(ids, async (id) => {
      const whole = await podId(cri, id);
      const { state } = await trying(`getting sandbox status of pod "${id}"`, () =>
        cri.podSandboxStatus(whole),
      );
      if (state === 'SANDBOX_READY') {
        if (!options.flag('force'))
          throw new CrictlError(`pod sandbox "${id}" is running, please stop it first`);
        await stopPod(context, id, ' failed');
      }
      await trying(`removing the pod sandbox "${id}"`, () => cri.removePodSandbox(whole));
      await session.stdout(`Removed sandbox ${id}\n`);
    });
  },
};

/** Of `--creds`, or of `--auth`, which is the same in base64. */
function authOf({ options }: Context): CriAuth | undefined {
  const [creds, auth] = [options.text('creds'), options.text('auth')];
  if (creds !== '' && auth !== '')
    throw new CrictlError('both `--creds` and `--auth` are specified');
  const [username = '', ...password] = (auth === '' ? creds : decoded(auth)).split(':');
  if (creds === '' && auth === '') return undefined;
  if (username === '') throw new CrictlError("username can't be empty");
  return { username, password: password.join(':') };
}

function decoded(auth: string): string {
  try {
    return atob(auth);
  } catch (error) {
    throw new CrictlError('pulling image: illegal base64 data in --auth', 'failure', {
      cause: error,
    });
  }
}

export const pull: Command = {
  name: 'pull',
  usage: 'Pull an image from a registry',
  argsUsage: 'NAME[:TAG|@DIGEST]',
  flags: [
    {
      name: 'creds',
      kind: 'text',
      usage: 'Use `USERNAME[:PASSWORD]` for accessing the registry',
    },
    {
      name: 'auth',
      kind: 'text',
      usage:
        "Use `AUTH_STRING` for accessing the registry. AUTH_STRING is a base64 encoded 'USERNAME[:PASSWORD]'",
    },
  ],
  async run(context) {
    const { cri, options, session } = context;
    const [name = '', ...more] = options.args;
    if (name === '') throw new CrictlError('image name cannot be empty');
    if (more.length > 0) throw help();
    const auth = authOf(context);
    const id = await trying('pulling image', () => cri.pullImage(name, auth));
    await session.stdout(`Image is up to date for ${id}\n`);
  },
};

export const rmi: Command = {
  name: 'rmi',
  usage: 'Remove one or more images',
  argsUsage: 'IMAGE-ID [IMAGE-ID...]',
  description: `Remove one or more images by ID or reference.

NOTE: An image that is named by one of its tags goes with ALL of its tags.`,
  flags: [
    { name: 'all', short: 'a', kind: 'flag', usage: 'Remove all images' },
    { name: 'prune', short: 'q', kind: 'flag', usage: 'Remove all unused images' },
  ],
  async run(context) {
    const { cri, options, log } = context;
    const [isAll, isPrune] = [options.flag('all'), options.flag('prune')];
    const ids = new Set(options.args);
    if (isAll || isPrune)
      for (const { id, pinned } of await cri.listImages()) if (!isPrune || !pinned) ids.add(id);
    if (isPrune) for (const { image } of await cri.listContainers()) ids.delete(image);
    if (ids.size === 0) {
      if (!isAll && !isPrune) throw help();
      await log('info', 'No images to remove');
    }
    await together([...ids], (id) => removeImage(context, id, isPrune));
  },
};

async function removeImage({ cri, session, log }: Context, id: string, isPrune: boolean) {
  const found = await cri.imageStatus(id);
  if (found === undefined) throw new CrictlError(`no such image ${id}`);
  const { repoTags, repoDigests } = found;
  if (repoTags.length > 1 && !id.startsWith('sha256:') && /[:/]/.test(id)) {
    await log(
      'warning',
      `Image "${id}" has multiple tags. Removing this image will delete all of the following tags:`,
    );
    for (const tag of repoTags) await log('warning', `  ${tag}`);
  }
  try {
    await trying(`error of removing image "${id}"`, () => cri.removeImage(id));
  } catch (error) {
    if (isPrune) return;
    throw error;
  }
  const names = repoTags.length > 0 ? repoTags : repoDigests;
  await session.stdout(names.map((name) => `Deleted: ${name}\n`).join(''));
}
