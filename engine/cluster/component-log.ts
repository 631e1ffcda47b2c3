import type { LoggedComponent } from '../api/component.ts';
import type { Clock } from '../base/clock.ts';

type Severity = 'I' | 'W' | 'E';

/** Lines that wait for whoever is to read them. */
const KEPT = 200;

/**
 * The log of a component, in lines as klog writes them. Who started the worker may read it; while nobody
 * does, errors go where the host shows such things.
 */
export class ComponentLog {
  readonly #clock: Clock;
  readonly #source: string;
  readonly #otherwise: (error: unknown) => void;
  readonly #kept: string[] = [];
  readonly #waiting: string[] = [];
  #reader: ((lines: readonly string[]) => void) | undefined;

  /**
   * @param source stands where upstream has a file and a line
   * @param otherwise where errors go that nobody reads here
   */
  constructor(clock: Clock, source: string, otherwise: (error: unknown) => void) {
    this.#clock = clock;
    this.#source = source;
    this.#otherwise = otherwise;
  }

  readonly info = (message: string): void => this.#write('I', message);

  readonly warning = (message: string): void => this.#write('W', message);

  readonly error = (error: unknown): void => {
    if (this.#reader === undefined) this.#otherwise(error);
    this.#write('E', describe(error));
  };

  /** The worker's service, with this log. @param whenRead told when somebody reads it: what is too much for nobody */
  with<Service extends object>(
    service: Service,
    whenRead = (): void => {},
  ): Service & LoggedComponent {
    return Object.assign(service, {
      watchLog: (onLines: (lines: readonly string[]) => void): Promise<void> => {
        this.#reader = onLines;
        whenRead();
        if (this.#kept.length > 0) this.#send(this.#kept.splice(0));
        return Promise.resolve();
      },
    });
  }

  #write(severity: Severity, message: string): void {
    const time = new Date(this.#clock.now()).toISOString();
    // Lmmdd hh:mm:ss.uuuuuu threadid file:line] message
    const head = `${severity}${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 23)}000       1`;
    const line = `${head} ${this.#source}] ${message.replaceAll('\n', String.raw`\n`)}`;
    if (this.#reader !== undefined) this.#send([line]);
    else if (this.#kept.push(line) > KEPT) this.#kept.shift();
  }

  /** Lines of one turn go together. */
  #send(lines: readonly string[]): void {
    this.#waiting.push(...lines);
    if (this.#waiting.length > lines.length) return;
    queueMicrotask(() => {
      // Who read it may be gone.
      Promise.resolve(this.#reader?.(this.#waiting.splice(0))).catch(() => {});
    });
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
