/** The terminals that are shown, for others: to type into them, and to hear that something happens there. */
import type { Terminals } from './terminals.ts';

let shown: Terminals | undefined;
const listeners = new Set<() => void>();

export function setShownTerminals(terminals: Terminals): void {
  shown = terminals;
}

export function tellTerminalOutput(): void {
  for (const listener of listeners) listener();
}

/** Calls `listener` whenever a program prints, which it also does when somebody types. */
export function onTerminalOutput(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** As if somebody typed it into the pane that has, or last had, the focus. False when there is no terminal. */
export function typeInTerminal(text: string): boolean {
  const pane = shown?.activePane();
  pane?.type(text);
  pane?.focus();
  return pane !== undefined;
}
