import { useEffect } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { focusTerminal, terminalsAreGone, terminalsAreThere } from './terminal-access.ts';
import { TerminalPanel } from './terminal-panel.tsx';
import { Terminals, type TerminalsEvents } from './terminals.ts';

/** By name of the machine. */
const opened = new Map<string, { readonly machine: LabMachine; readonly terminals: Terminals }>();

/** The terminals of a machine, which outlive every layout; those of a machine that it replaced are closed. */
function terminalsOf(machine: LabMachine, events: TerminalsEvents): Terminals {
  const known = opened.get(machine.name);
  if (known?.machine === machine) return known.terminals;
  known?.terminals.dispose();
  const terminals = new Terminals(machine, events);
  opened.set(machine.name, { machine, terminals });
  return terminals;
}

/** Closes those of machines that are no more. */
function closeOthers(machines: readonly LabMachine[]): void {
  for (const [name, { machine, terminals }] of opened) {
    if (machines.includes(machine)) continue;
    terminals.dispose();
    opened.delete(name);
    terminalsAreGone(name);
  }
}

export interface TerminalRegionProps extends TerminalsEvents {
  readonly machine: LabMachine;
  /** all there are */
  readonly machines: readonly LabMachine[];
  /** whether something covers the terminals, so that they must not take the focus */
  readonly covered: boolean;
}

/** Terminals of a machine; the first shell opens by itself and takes the focus unless the learner is elsewhere already. */
export function TerminalRegion({
  machine,
  machines,
  covered,
  onLink,
  onFirstShell,
}: TerminalRegionProps) {
  const terminals = terminalsOf(machine, { onLink, onFirstShell });

  useEffect(() => closeOthers(machines), [machines]);
  useEffect(() => terminalsAreThere(machine.name, terminals), [machine, terminals]);

  useEffect(() => {
    if (!covered) focusTerminal(machine.name);
  }, [machine, covered]);

  return <TerminalPanel key={machine.name} terminals={terminals} />;
}
