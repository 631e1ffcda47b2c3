import { useEffect } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { setShownTerminals } from './terminal-access.ts';
import { TerminalPanel } from './terminal-panel.tsx';
import { Terminals, type TerminalsEvents } from './terminals.ts';

let current: { readonly machine: LabMachine; readonly terminals: Terminals } | undefined;

/** The terminals of the machine shown; those of the one before are closed. They outlive every layout. */
function terminalsOf(machine: LabMachine, events: TerminalsEvents): Terminals {
  if (current?.machine !== machine) {
    current?.terminals.dispose();
    current = { machine, terminals: new Terminals(machine, events) };
    setShownTerminals(current.terminals);
  }
  return current.terminals;
}

export interface TerminalRegionProps extends TerminalsEvents {
  readonly machine: LabMachine;
  /** whether something covers the terminals, so that they must not take the focus */
  readonly covered: boolean;
}

/** Terminals of a machine; the first shell opens by itself and takes the focus unless the learner is elsewhere already. */
export function TerminalRegion({ machine, covered, onLink, onFirstShell }: TerminalRegionProps) {
  const terminals = terminalsOf(machine, { onLink, onFirstShell });

  useEffect(() => {
    const elsewhere = document.activeElement && document.activeElement !== document.body;
    if (!covered && !elsewhere && !matchMedia('(pointer: coarse)').matches) terminals.focus();
  }, [terminals, covered]);

  return <TerminalPanel terminals={terminals} />;
}
