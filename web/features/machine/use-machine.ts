import { useCallback, useSyncExternalStore } from 'react';
import type { EngineState, LabMachine, MachineState } from '../../../engine/api/lab.ts';

const never = () => () => {};

export function useMachineState(machine: LabMachine | undefined): MachineState | undefined {
  const subscribe = useCallback(
    (listener: () => void) => machine?.onState(listener) ?? never(),
    [machine],
  );
  return useSyncExternalStore(subscribe, () => machine?.state());
}

export function useEngineState(machine: LabMachine | undefined): EngineState | undefined {
  const subscribe = useCallback(
    (listener: () => void) => machine?.onEngine(listener) ?? never(),
    [machine],
  );
  return useSyncExternalStore(subscribe, () => machine?.engine());
}

const keys = new WeakMap<LabMachine, string>();
let made = 0;

/** Tells a machine from the one of the same name that a reset replaced: a React key. */
export function machineKey(machine: LabMachine | undefined): string {
  if (!machine) return 'none';
  const known = keys.get(machine);
  if (known) return known;
  made += 1;
  const key = `${machine.name}-${made}`;
  keys.set(machine, key);
  return key;
}
