import { useEffect, useState } from 'react';
import type { ClusterFacade, ClusterNodeState } from '../../../engine/api/cluster.ts';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import {
  nothingBroken,
  readBreaks,
  setFull,
  setStopped,
  SLOW_MS,
  STATIC,
  type InsideBreaks,
} from './breaks.ts';
import styles from './cluster-panel.module.css';

type Act = (action: (machine: LabMachine) => Promise<void>) => Promise<void>;

/** What is broken inside a node's machine, and a way to change that. */
export function useBreaks(cluster: ClusterFacade, { name, machine }: ClusterNodeState) {
  const [breaks, setBreaks] = useState(nothingBroken);
  const [problem, setProblem] = useState<string>();
  const isRunning = machine.kind === 'running';
  const isThere = isRunning || machine.kind === 'paused';
  // The next machine under this name is whole.
  useEffect(() => (isThere ? () => setBreaks(nothingBroken) : undefined), [name, isThere]);
  useEffect(() => {
    if (!isRunning) return;
    let isOld = false;
    const tell = (read: InsideBreaks) => {
      if (!isOld) setBreaks(read);
    };
    // One that does not answer yet has nothing to tell.
    readBreaks(cluster.machine(name)).then(tell, () => tell(nothingBroken));
    return () => {
      isOld = true;
    };
  }, [cluster, name, isRunning]);
  const act: Act = async (action) => {
    setProblem(undefined);
    try {
      const inside = cluster.machine(name);
      await action(inside);
      setBreaks(await readBreaks(inside));
    } catch (error) {
      setProblem(`${name} did not do it: ${messageOf(error)}. Try again when it runs.`);
    }
  };
  return { breaks, problem, act };
}

export interface BreakItProps {
  readonly cluster: ClusterFacade;
  readonly node: ClusterNodeState;
  readonly breaks: InsideBreaks;
  readonly act: Act;
}

/** Switches for what goes wrong in production; each has its way back. */
export function BreakIt({ cluster, node, breaks, act }: BreakItProps) {
  const { name, role, machine, delay } = node;
  const isRunning = machine.kind === 'running';
  const { stopped, isFull } = breaks;
  return (
    <details className={styles['breakIt']}>
      <summary>
        Break more<span className="visually-hidden"> of {name}</span>
      </summary>
      <div className={styles['switches']}>
        <Button small onClick={() => cluster.setDelay(name, delay > 0 ? 0 : SLOW_MS)}>
          {delay > 0 ? 'Make the cable fast' : 'Slow the cable'}
        </Button>
        <Button
          small
          disabled={!isRunning}
          onClick={() => void act((inside) => setFull(inside, !isFull))}
        >
          {isFull ? 'Free the disk' : 'Fill the disk'}
        </Button>
        {role === 'control-plane' &&
          STATIC.map((program) => {
            const isStopped = stopped.includes(program);
            return (
              <Button
                key={program}
                small
                disabled={!isRunning}
                onClick={() => void act((inside) => setStopped(inside, program, !isStopped))}
              >
                {isStopped ? 'Start' : 'Stop'} {program}
              </Button>
            );
          })}
      </div>
    </details>
  );
}
