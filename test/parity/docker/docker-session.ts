import { httpExchange, readAll } from '../../../engine/http/index.ts';
import type { ProfileName } from '../../../engine/api/machine.ts';
import { DockerMachine } from '../../scenarios/docker/docker-machine.ts';
import type { Transcript } from '../kubernetes/transcript.ts';
import { normalise } from './normalise.ts';

/** What every transcript finds; everything else it makes itself. */
const IMAGE = 'busybox:latest';

/**
 * Runs `eval` for each argument in one shell and prints status, output and errors, each ended by a zero byte:
 * one process of the host's for a whole transcript, and nothing between two commands but the shell.
 */
const RUNNER = `
cd "$(mktemp -d)"
outputs=$(mktemp -d)
for command; do
  eval "$command" </dev/null >$outputs/1 2>$outputs/2
  printf '%s\\0%s\\0%s\\0' $? "$(tr -d '\\0' <$outputs/1)" "$(tr -d '\\0' <$outputs/2)"
done`;

/** A machine with a Docker engine, real or ours, that transcripts are run in one after the other. */
export class DockerSession {
  readonly #machine: DockerMachine;

  private constructor(machine: DockerMachine) {
    this.#machine = machine;
  }

  static async start(profile: ProfileName): Promise<DockerSession> {
    const session = new DockerSession(await DockerMachine.start({ profile }));
    await session.#api('POST', `/images/create?fromImage=${IMAGE}`);
    return session;
  }

  /** The transcript with what its commands print here. The engine is left as it was found. */
  async run(transcript: Transcript): Promise<Transcript> {
    const commands = transcript.flatMap((part) => (part.kind === 'command' ? part.script : []));
    const { exit, stdout, stderr } = await this.#machine.agent.call('run', {
      argv: ['bash', '-c', RUNNER, 'bash', ...commands],
      login: true,
    });
    const fields = stdout.split('\0');
    if (exit.code !== 0 || fields.length !== commands.length * 3 + 1)
      throw new Error(`The shell stopped with ${exit.code}: ${stderr}`);
    await this.#reset();
    const outputs = normalise(
      commands.map((_, index) => {
        const [status = '', out = '', error = ''] = fields.slice(index * 3);
        return [out, error, status === '0' ? '' : `[exit ${status}]`]
          .filter((text) => text !== '')
          .join('\n');
      }),
    );
    let next = 0;
    return transcript.map((part) =>
      part.kind === 'command' ? { ...part, output: outputs[next++] ?? '' } : part,
    );
  }

  stop(): Promise<void> {
    return this.#machine.stop();
  }

  /** Removes what a transcript left. */
  async #reset(): Promise<void> {
    for (const { Id } of await this.#list<{ Id: string }>('/containers/json?all=1'))
      await this.#api('DELETE', `/containers/${Id}?force=1&v=1`);
    for (const { Id, RepoTags } of await this.#list<{ Id: string; RepoTags: string[] | null }>(
      '/images/json',
    )) {
      if (RepoTags?.includes(IMAGE) !== true) await this.#api('DELETE', `/images/${Id}?force=1`);
      else
        for (const tag of RepoTags)
          if (tag !== IMAGE) await this.#api('DELETE', `/images/${encodeURIComponent(tag)}`);
    }
    for (const { Id } of await this.#list<{ Id: string }>(
      `/networks?filters=${encodeURIComponent('{"type":["custom"]}')}`,
    ))
      await this.#api('DELETE', `/networks/${Id}`);
    const { Volumes } = JSON.parse(await this.#api('GET', '/volumes')) as {
      Volumes: { Name: string }[] | null;
    };
    for (const { Name } of Volumes ?? []) await this.#api('DELETE', `/volumes/${Name}`);
  }

  async #list<T>(path: string): Promise<readonly T[]> {
    return JSON.parse(await this.#api('GET', path)) as T[];
  }

  async #api(method: string, path: string): Promise<string> {
    const { body } = await httpExchange(await this.#machine.engine.connect(), {
      method,
      url: `http://docker${path}`,
      headers: new Headers({ host: 'docker' }),
      body: null,
    });
    return new TextDecoder().decode(await readAll(body));
  }
}
