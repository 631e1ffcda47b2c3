import { useCallback, useEffect, useId, useState, type ReactNode } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import { Button } from '../../ui/button.tsx';
import { messageOf } from '../../ui/message-of.ts';
import { RealityLabel } from '../../ui/reality-label.tsx';
import { Tabbed } from '../../ui/tabbed.tsx';
import { Waiting } from '../../ui/waiting.tsx';
import { LookBody } from './look-bodies.tsx';
import { LOOKS, NOT_HERE, partsOf, type LookName } from './looks.ts';
import styles from './look-inside.module.css';

export interface InsideContainer {
  readonly name: string;
  /** of the runtime; undefined while there is none */
  readonly id: string | undefined;
}

export interface LookInsideProps {
  /** that the containers are on */
  readonly machine: LabMachine;
  readonly containers: readonly InsideContainer[];
}

const PARTS: readonly { readonly id: LookName; readonly label: string }[] = [
  { id: 'processes', label: 'Processes' },
  { id: 'namespaces', label: 'Namespaces' },
  { id: 'cgroup', label: 'Cgroup' },
  { id: 'mounts', label: 'Mounts and layers' },
  { id: 'network', label: 'Network rules' },
];

/** What a container is made of, as the kernel of its machine has it: from inside, and from the machine. */
export function LookInside({ machine, containers }: LookInsideProps) {
  const [name, setName] = useState(containers[0]?.name);
  const [part, setPart] = useState<LookName>('processes');
  const id = useId();
  const container = containers.find((each) => each.name === name) ?? containers[0];
  const { look, again } = useLook(machine, container?.id, part);
  return (
    <div className={styles['inside']}>
      <div className={styles['bar']}>
        <RealityLabel
          reality="real"
          surface="What is inside"
          what="These are readings of the machine’s own Linux kernel: from /proc, /sys/fs/cgroup and nft, by shell commands that one could type in its terminal."
        />
        <span className={styles['field']}>
          <label htmlFor={id}>Container</label>
          <select id={id} value={container?.name} onChange={({ target }) => setName(target.value)}>
            {containers.map((each) => (
              <option key={each.name}>{each.name}</option>
            ))}
          </select>
        </span>
        <Button small icon="reload" onClick={again}>
          Look again
        </Button>
      </div>
      <Tabbed
        label="Parts of the container"
        items={PARTS}
        selected={part}
        onSelect={(each) => setPart(PARTS.find((known) => known.id === each)?.id ?? 'processes')}
        className={styles['part']}
      >
        <Looked look={look} part={part} machine={machine.name} />
      </Tabbed>
    </div>
  );
}

type Look =
  | { readonly kind: 'looking' }
  | { readonly kind: 'seen'; readonly parts: readonly string[] }
  | { readonly kind: 'problem'; readonly text: string };

interface LookedProps {
  readonly look: Look;
  readonly part: LookName;
  readonly machine: string;
}

function Looked({ look, part, machine }: LookedProps): ReactNode {
  switch (look.kind) {
    case 'looking':
      return <Waiting text="Looking" />;
    case 'problem':
      return (
        <p role="alert" className={styles['problem']}>
          {look.text}
        </p>
      );
    case 'seen':
      return <LookBody part={part} parts={look.parts} machine={machine} />;
  }
}

const NO_PROCESS =
  'It has no process on this machine. Either it does not run now, or it is one of ours that runs as a worker beside the machine, such as the control plane’s.';

function useLook(machine: LabMachine, id: string | undefined, part: LookName) {
  const [seen, setSeen] = useState<{ readonly of: string; readonly look: Look }>();
  const [count, setCount] = useState(0);
  const of = `${machine.name} ${id} ${part} ${count}`;
  useEffect(() => {
    let isOld = false;
    const tell = (look: Look) => {
      if (!isOld) setSeen({ of, look });
    };
    if (id === undefined) tell({ kind: 'problem', text: NO_PROCESS });
    else
      lookAt(machine, id, part).then(tell, (error: unknown) =>
        tell({
          kind: 'problem',
          text: `The machine did not answer: ${messageOf(error)}. Look again when it runs.`,
        }),
      );
    return () => {
      isOld = true;
    };
  }, [machine, id, part, of]);
  const again = useCallback(() => setCount((before) => before + 1), []);
  const look: Look = seen?.of === of ? seen.look : { kind: 'looking' };
  return { look, again };
}

async function lookAt(machine: LabMachine, id: string, part: LookName): Promise<Look> {
  const { exit, stdout, stderr } = await machine.run(['sh', '-c', LOOKS[part], 'sh', id]);
  if (exit.code === NOT_HERE) return { kind: 'problem', text: NO_PROCESS };
  const parts = partsOf(stdout);
  // The last command may find nothing, which is no failure.
  if (stdout === '' && stderr !== '') return { kind: 'problem', text: stderr };
  return { kind: 'seen', parts };
}
