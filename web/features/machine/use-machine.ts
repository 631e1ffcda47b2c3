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
