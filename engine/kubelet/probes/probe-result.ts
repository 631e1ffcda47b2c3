/** How one try of a probe went. `output` is what an event says. A probe that cannot be made throws. */
export interface ProbeResult {
  /** `warning` is a success with something to say */
  readonly result: 'success' | 'warning' | 'failure';
  readonly output: string;
}

export const success: ProbeResult = { result: 'success', output: '' };
export const failure = (output: string): ProbeResult => ({ result: 'failure', output });

/** `10.244.0.5:80` */
export const hostPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** The time of a probe is over. */
export class ProbeTimeout extends Error {
  override readonly name = 'ProbeTimeout';
  readonly code = 'TIMEOUT';
}
