import { useEffect, useState } from 'react';
import type { EngineState, LabMachine, MachineState, Stop } from '../../../engine/api/lab.ts';

function useObserved<Value>(
  machine: LabMachine | undefined,
  get: (machine: LabMachine) => Value,
  subscribe: (machine: LabMachine, listener: (value: Value) => void) => Stop,
): Value | undefined {
  const [observed, setObserved] = useState<{ machine: LabMachine; value: Value }>();
  useEffect(() => {
    if (!machine) return;
    setObserved({ machine, value: get(machine) });
    return subscribe(machine, (value) => setObserved({ machine, value }));
  }, [machine, get, subscribe]);
  if (!machine) return undefined;
  return observed?.machine === machine ? observed.value : get(machine);
}

const getState = (machine: LabMachine) => machine.state();
const onState = (machine: LabMachine, listener: (state: MachineState) => void) => machine.onState(listener);
const getEngine = (machine: LabMachine) => machine.engine();
const onEngine = (machine: LabMachine, listener: (state: EngineState) => void) => machine.onEngine(listener);

export function useMachineState(machine: LabMachine | undefined): MachineState | undefined {
  return useObserved(machine, getState, onState);
}

export function useEngineState(machine: LabMachine | undefined): EngineState | undefined {
  return useObserved(machine, getEngine, onEngine);
}
