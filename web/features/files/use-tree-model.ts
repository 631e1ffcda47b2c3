import { useEffect, useState } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { workDirectory } from './paths.ts';
import { TreeModel } from './tree-model.ts';

/** The model of this machine's work directory, followed while the tree is on the page. */
export function useTreeModel(machine: LabMachine): TreeModel {
  const [made, setMade] = useState(() => ({
    machine,
    model: new TreeModel(machine.files, workDirectory),
  }));
  const current =
    made.machine === machine
      ? made
      : { machine, model: new TreeModel(machine.files, workDirectory) };
  if (current !== made) setMade(current);
  const { model } = current;
  useEffect(() => {
    // Files can be listed once the machine runs; it says so by its state.
    let stop: (() => void) | undefined;
    const begin = (kind: string) => {
      if (kind === 'running') stop ??= model.start();
    };
    begin(machine.state().kind);
    const stopState = machine.onState(({ kind }) => begin(kind));
    return () => {
      stopState();
      stop?.();
    };
  }, [machine, model]);
  return model;
}
