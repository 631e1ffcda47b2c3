/** The terminals of machines, for others: to type into them, and to hear that something happens there. */
import type { Terminals } from './terminals.ts';

/** By name of the machine; those that were shown at least once. */
const byMachine = new Map<string, Terminals>();
/** what is to be typed in terminals that are not there yet, by name of the machine */
const waiting = new Map<string, string>();
const listeners = new Set<(text: string) => void>();

export function terminalsAreThere(machine: string, terminals: Terminals): void {
  byMachine.set(machine, terminals);
  const text = waiting.get(machine);
  waiting.delete(machine);
  if (text !== undefined) type(terminals, text);
}

export function terminalsAreGone(machine: string): void {
  byMachine.delete(machine);
}

export function tellTerminalOutput(text: string): void {
  for (const listener of listeners) listener(text);
}

/** Calls `listener` whenever a program prints, which it also does when somebody types. */
export function onTerminalOutput(listener: (text: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** As if somebody typed it into the pane of this machine that has, or last had, the focus; as soon as there is one. */
export function typeInTerminal(machine: string, text: string): void {
  const terminals = byMachine.get(machine);
  if (terminals === undefined) waiting.set(machine, text);
  else type(terminals, text);
}

/** Gives the machine's terminal the focus when nothing has it, but not where that calls up a keyboard on the screen. */
export function focusTerminal(machine: string): void {
  const elsewhere = document.activeElement && document.activeElement !== document.body;
  if (!elsewhere && !matchMedia('(pointer: coarse)').matches) byMachine.get(machine)?.focus();
}

function type(terminals: Terminals, text: string): void {
  const pane = terminals.activePane();
  pane?.type(text);
  pane?.focus();
}
