import type { LabMachine, PortResponse, Stop } from '../engine/api/lab.ts';
import type { DockerFacts, RunResult } from './checks.ts';

/** A machine as checks look at it; of one name there may be another one later. */
export class MachineView implements DockerFacts {
  readonly #machine: () => LabMachine;

  constructor(machine: () => LabMachine) {
    this.#machine = machine;
  }

  async run(...argv: readonly string[]): Promise<RunResult> {
    const { exit, stdout, stderr } = await this.#machine().run(argv);
    return { exitCode: exit.code, stdout, stderr };
  }

  async readFile(path: string): Promise<string | undefined> {
    const bytes = await orAbsent(this.#machine().files.read(path));
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  async list(path: string): Promise<readonly string[]> {
    const entries = await orAbsent(this.#machine().files.list(path));
    return (entries ?? []).map(({ name }) => name);
  }

  async page(
    port: number,
    path = '/',
  ): Promise<{ readonly status: number; readonly text: string } | undefined> {
    let response: PortResponse;
    try {
      response = await this.#machine().fetch(port, getRequest(`http://localhost${path}`));
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === 'CONNECTION_REFUSED' || code === 'CLOSED_EARLY' || code === 'NOT_HTTP')
        return undefined;
      throw error;
    }
    return { status: response.status, text: await new Response(response.body).text() };
  }

  async docker<Answer>(path: string): Promise<Answer | undefined> {
    const { status, body } = await this.#machine().docker(getRequest(`http://docker${path}`));
    const text = await new Response(body).text();
    if (status === 404) return undefined;
    if (status >= 400) throw new Error(`The Docker engine answered ${status} to ${path}: ${text}`);
    return JSON.parse(text) as Answer;
  }

  /** Calls back when a file below `path` changes. */
  onFiles(path: string, listener: () => void): Stop {
    let stopped = false;
    let stop: Stop = () => {};
    void this.#machine()
      .files.watch(path, listener)
      .then(
        (watching) => {
          if (stopped) watching();
          else stop = watching;
        },
        () => {
          // There is no such directory. Whoever makes it does so in a terminal, which tells as well.
        },
      );
    return () => {
      stopped = true;
      stop();
    };
  }
}

/** A request as machines and engines take it. */
export function getRequest(url: string) {
  return { method: 'GET', url, headers: new Headers({ host: new URL(url).host }), body: null };
}

/** Undefined where there is no such file. */
async function orAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
