import { useCallback, useEffect, useState } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { MachineView } from '../../../lessons/machine-view.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { Waiting } from '../../ui/waiting.tsx';
import { LookInside, type InsideContainer } from './look-inside.tsx';
import styles from './look-inside.module.css';

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
}

/** The Docker containers that run on a machine. */
export function DockerInside({ machine }: { readonly machine: LabMachine }) {
  const [containers, setContainers] = useState<readonly InsideContainer[]>();
  const [problem, setProblem] = useState<string>();
  const read = useCallback(async () => {
    try {
      const view = new MachineView(() => machine);
      const listed = (await view.docker<readonly Listed[]>('/containers/json')) ?? [];
      setContainers(listed.map(({ Id, Names }) => ({ id: Id, name: (Names[0] ?? Id).slice(1) })));
      setProblem(undefined);
    } catch (error) {
      setProblem(messageOf(error));
    }
  }, [machine]);
  useEffect(() => void read(), [read]);
  return (
    <section aria-label="Look inside containers" className={styles['inside']}>
      {problem !== undefined && (
        <p role="alert" className={styles['problem']}>
          The Docker engine did not answer: {problem}
        </p>
      )}
      {containers === undefined && problem === undefined && (
        <Waiting text="Asking the Docker engine" />
      )}
      {containers?.length === 0 && <p>No container runs. Start one, then ask again.</p>}
      <div>
        <Button small icon="reload" onClick={() => void read()}>
          Ask for containers again
        </Button>
      </div>
      {containers !== undefined && containers.length > 0 && (
        <LookInside machine={machine} containers={containers} />
      )}
    </section>
  );
}
