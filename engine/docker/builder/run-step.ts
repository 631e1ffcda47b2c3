/** RUN: a real container on top of the image so far; what it changed becomes the layer. */
import type { ImageRunConfig } from '../../runtime/types.ts';
import { BuildError } from './build-error.ts';
import type { BuildOptions, StepContainer } from './build-types.ts';
import type { InstructionOf } from './instructions.ts';
import type { StageBuild } from './stage-build.ts';

const { signal: noSignal } = new AbortController();

/** Throws BuildError; RuntimeError when the container cannot start. */
export async function runStep(
  stage: StageBuild,
  { line, flags }: InstructionOf<'run'>,
  options: BuildOptions,
): Promise<void> {
  const [flag] = flags;
  if (flag !== undefined) throw new BuildError('FAILED', needsBuildKit(flag));
  const command =
    line.shell && line.words.length > 0 ? [...stage.shell, ...line.words] : line.words;
  if (command.length === 0) throw new BuildError('FAILED', 'No command specified');
  const { args } = stage.context;
  const buildArgs = [...args.allowed(stage.environment)];
  const recorded = buildArgs
    .filter(([key]) => args.isRecorded(key))
    .map(([key, value]) => `${key}=${value}`);
  const saved =
    buildArgs.length > 0 ? [`|${recorded.length}`, ...recorded.sort(), ...command] : command;
  const { Entrypoint: _entrypoint, ...step } = stage.withCommand(saved);
  if (await stage.useCache(step)) return;

  if (!stage.image) await stage.addImage(step);
  const image = stage.image;
  if (!image) throw new BuildError('FAILED', 'the stage has no image');
  const id = stage.announceContainer({ ...stage.withCommand(command), Entrypoint: null });
  const code = await run(
    stage,
    {
      ...containerConfig(stage.config, options),
      id,
      image: image.id,
      hostname: id.slice(0, 12),
      args: command,
      env: [...(stage.config.Env ?? []), ...buildArgs.map(([key, value]) => `${key}=${value}`)],
      // As the Dockerfile reference warns, what RUN writes there is not part of the image.
      volumes: Object.keys(stage.config.Volumes ?? {}),
    },
    options.signal ?? noSignal,
  );
  if (code !== 0) {
    const message = `The command '${command.join(' ')}' returned a non-zero code: ${code}`;
    throw new BuildError('FAILED', message, { exitCode: code });
  }
  const { host, layers } = stage.context.services;
  await stage.addImage(step, id, await layers.add(await host.layerTar(id)));
}

export function needsBuildKit(flag: string): string {
  return `the --${flag} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`;
}

function containerConfig(
  config: ImageRunConfig,
  options: BuildOptions,
): Omit<StepContainer, 'id' | 'image' | 'args' | 'env' | 'volumes'> {
  return {
    sandbox: {
      kind: 'own',
      network: options.network ?? { kind: 'bridge', endpoints: [{ network: 'bridge' }] },
      ports: [],
    },
    tty: false,
    openStdin: false,
    resources: options.resources ?? {},
    log: 'none',
    ...(config.WorkingDir ? { cwd: config.WorkingDir } : {}),
    ...(config.User ? { user: config.User } : {}),
    ...(options.extraHosts ? { extraHosts: options.extraHosts } : {}),
    ...(options.ulimits ? { ulimits: options.ulimits } : {}),
    ...(options.shmSize === undefined ? {} : { shmSize: options.shmSize }),
    ...(options.cgroupParent === undefined ? {} : { cgroupParent: options.cgroupParent }),
  };
}

/** Prints output as it comes, errors in red as Docker 20.10 does, and resolves with the exit status. */
async function run(
  stage: StageBuild,
  container: StepContainer,
  signal: AbortSignal,
): Promise<number> {
  const { print, services } = stage.context;
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  const kill = (): void => void services.host.kill(container.id).catch(() => {});
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await services.host.run(container, ({ stream, bytes }) => {
      // It may have started only now.
      if (signal.aborted) kill();
      const text = decoders[stream].decode(bytes, { stream: true });
      if (text !== '') print(stream === 'stdout' ? text : `\u001b[91m${text}\u001b[0m`);
    });
    if (signal.aborted) throw new BuildError('CANCELLED', 'build cancelled');
    return code;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
