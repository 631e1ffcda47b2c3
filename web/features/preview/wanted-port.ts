/** Which port the preview is to show, for others that lead there. */
export interface WantedPort {
  readonly machine: string;
  readonly port: number;
}

let wanted: WantedPort | undefined;
const listeners = new Set<(wanted: WantedPort) => void>();

/** Shows the page of a machine's port in the preview, and the preview. */
export function showPort(port: WantedPort): void {
  wanted = port;
  for (const listener of listeners) listener(port);
}

/** Calls `listener` when somebody wants to see a port. */
export function onShowPort(listener: (wanted: WantedPort) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The port of this machine that was wanted last. */
export const lastWanted = (machine: string): number | undefined =>
  wanted?.machine === machine ? wanted.port : undefined;
