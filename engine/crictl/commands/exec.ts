import { errorText } from '../../kubelet/pods/texts.ts';
import type { ProcessIo } from '../../runtime/types.ts';
import type { Command, Context } from '../command.ts';
import { CrictlError } from '../crictl-error.ts';
import { containerFilters, containerId, listContainers } from './lookup.ts';

const FILTERS = containerFilters.map(({ name }) => name);

export const exec: Command = {
  name: 'exec',
  usage: 'Run a command in a running container',
  argsUsage: '[CONTAINER-ID] COMMAND [ARG...]',
  description: `The CONTAINER-ID is only required if none of the following filter flags are set:
--image, --label, --last, --latest, --name, --pod, --state`,
  flags: [
    // Its own `-s` is `--sync`.
    ...containerFilters.map(({ short, ...flag }) =>
      short === undefined || short === 's' ? flag : { ...flag, short },
    ),
    { name: 'sync', short: 's', kind: 'flag', usage: 'Run the command synchronously' },
    { name: 'timeout', kind: 'number', usage: 'Timeout in seconds' },
    { name: 'tty', short: 't', kind: 'flag', usage: 'Allocate a pseudo-TTY' },
    { name: 'interactive', short: 'i', kind: 'flag', usage: 'Keep STDIN open' },
    {
      name: 'quiet',
      short: 'q',
      kind: 'flag',
      usage: 'Do not print the container ID if multiple containers are selected',
    },
  ],
  async run(context) {
    const { options, session, cri, log } = context;
    let [first = '', ...command] = options.args;
    if (first === '') throw new CrictlError('', 'help');
    let ids = [first];
    const isFiltered = FILTERS.some((name) => options.isSet(name));
    if (isFiltered) {
      command = [...options.args];
      ids = (await listContainers(context)).map(({ id }) => id);
      if (ids.length === 0) {
        await log('error', 'No containers found per filter flags');
        throw new CrictlError('', 'help');
      }
    } else if (command.length === 0) throw new CrictlError('', 'help');
    for (const id of ids) {
      if (isFiltered && !options.flag('quiet')) await session.stdout(`${id}:\n`);
      const whole = await containerId(cri, id);
      try {
        await (options.flag('sync')
          ? runSync(context, whole, command)
          : run(context, whole, command));
      } catch (error) {
        const how = options.flag('sync') ? ' synchronously' : '';
        throw new CrictlError(
          `execing command in container ${id}${how}: ${errorText(error)}`,
          'failure',
          { cause: error },
        );
      }
    }
  },
};

async function runSync({ cri, options, session }: Context, id: string, command: readonly string[]) {
  const { stdout, stderr, exitCode } = await cri.execSync(id, command, options.number('timeout'));
  if (exitCode !== 0)
    throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${stderr}`.trimEnd());
  await session.stdout(`${stdout}\n${stderr}\n`);
}

async function run({ cri, options, session }: Context, id: string, command: readonly string[]) {
  const [tty, stdin] = [options.flag('tty'), options.flag('interactive')];
  const { terminal } = session.request;
  if (tty && !stdin) throw new Error('tty=true must be specified with interactive=true');
  if (tty && !terminal.stdin) throw new Error('input is not a terminal');
  const io = await cri.exec(id, {
    command,
    stdin,
    stdout: true,
    stderr: !tty,
    ...(tty ? { tty: terminal.size } : {}),
  });
  const leave = (): void => void io.close();
  session.gone.addEventListener('abort', leave);
  if (stdin) await feed(io, session, tty);
  for await (const { stream, bytes } of io.output) await session[stream](bytes);
  session.gone.removeEventListener('abort', leave);
  const { code } = await io.exited;
  if (code !== 0) throw new Error(`command terminated with exit code ${code}`);
}

async function feed(io: ProcessIo, session: Context['session'], tty: boolean): Promise<void> {
  const input = await session.input(tty, (size) => void io.resize(size));
  // A program that has ended reads no more.
  input.pipeTo(io.input).catch(() => {});
}
