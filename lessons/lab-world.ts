import type { LabMachine, PortResponse, Stop } from '../engine/api/lab.ts';
import type { LessonWorld, RunResult, Trigger } from './checks.ts';

/** Terminals live where they are shown; this is how a world hears of them. */
export type OnTerminal = (listener: () => void) => Stop;

/** One machine of a lab, as checks look at it. */
export class LabWorld implements LessonWorld {
  readonly #machine: LabMachine;
  readonly #onTerminal: OnTerminal;
  readonly #dockerListeners = new Set<() => void>();
  #stopDocker: Stop | undefined;

  constructor(machine: LabMachine, onTerminal: OnTerminal) {
    this.#machine = machine;
    this.#onTerminal = onTerminal;
  }

  async run(...argv: readonly string[]): Promise<RunResult> {
    const { exit, stdout, stderr } = await this.#machine.run(argv);
    return { exitCode: exit.code, stdout, stderr };
  }

  async readFile(path: string): Promise<string | undefined> {
    const bytes = await orAbsent(this.#machine.files.read(path));
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  async list(path: string): Promise<readonly string[]> {
    const entries = await orAbsent(this.#machine.files.list(path));
    return (entries ?? []).map(({ name }) => name);
  }

  async docker<Answer>(path: string): Promise<Answer | undefined> {
    const { status, body } = await this.#machine.docker(get(`http://docker${path}`));
    const text = await new Response(body).text();
    if (status === 404) return undefined;
    if (status >= 400) throw new Error(`The Docker engine answered ${status} to ${path}: ${text}`);
    return JSON.parse(text) as Answer;
  }

  async page(
    port: number,
    path = '/',
  ): Promise<{ readonly status: number; readonly text: string } | undefined> {
    let response: PortResponse;
    try {
      response = await this.#machine.fetch(port, get(`http://localhost${path}`));
    } catch (error) {
      const { code } = error as { readonly code?: string };
      if (code === 'CONNECTION_REFUSED' || code === 'CLOSED_EARLY' || code === 'NOT_HTTP')
        return undefined;
      throw error;
    }
    return { status: response.status, text: await new Response(response.body).text() };
  }

  on(trigger: Trigger, listener: () => void): Stop {
    switch (trigger.kind) {
      case 'terminal':
        return this.#onTerminal(listener);
      case 'docker':
        return this.#onDocker(listener);
      case 'files':
        return this.#onFiles(trigger.path, listener);
    }
  }

  /** All listeners share one stream of the engine's events. */
  #onDocker(listener: () => void): Stop {
    this.#dockerListeners.add(listener);
    this.#stopDocker ??= this.#followDocker();
    return () => {
      this.#dockerListeners.delete(listener);
      if (this.#dockerListeners.size > 0) return;
      this.#stopDocker?.();
      this.#stopDocker = undefined;
    };
  }

  /** Follows an engine whenever there is one: also one that was started anew. */
  #followDocker(): Stop {
    const ending = new AbortController();
    const tell = (): void => {
      for (const listener of this.#dockerListeners) listener();
    };
    const follow = async (): Promise<void> => {
      try {
        const request = { ...get('http://docker/events'), signal: ending.signal };
        const { body } = await this.#machine.docker(request);
        tell();
        if (body !== null) for await (const _ of body) tell();
      } catch {
        // The engine has ended; `onEngine` tells when there is another one.
      }
    };
    if (this.#machine.engine().kind === 'ready') void follow();
    const stop = this.#machine.onEngine((state) => {
      if (state.kind === 'ready') void follow();
    });
    return () => {
      stop();
      ending.abort();
    };
  }

  #onFiles(path: string, listener: () => void): Stop {
    let stopped = false;
    let stop: Stop = () => {};
    void this.#machine.files.watch(path, listener).then(
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

function get(url: string) {
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
