import { useEffect, useState } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import type { OtherMachines } from '../../../lessons/other-machines.ts';
import { readBootId, readContainer, readMachine, type SideReadings } from './side-readings.ts';
import styles from './compare-view.module.css';

/** Milliseconds between readings, each of which costs the machines a little. */
const INTERVAL_MS = 2000;
const MIB = 1024 * 1024;

export interface CompareViewProps {
  /** name of a container on `machine` */
  readonly container: string;
  readonly machine: LabMachine;
  /** name of the machine that it is compared with */
  readonly other: string;
  readonly others: OtherMachines;
}

interface Readings {
  readonly machine?: SideReadings;
  readonly container?: SideReadings;
  /** of the kernel below the container */
  readonly hostBootId?: string;
}

/** A machine and a container, measured while one looks. */
export function CompareView(props: CompareViewProps) {
  const { machine, container, hostBootId } = useReadings(props);
  const number = (value: number): string =>
    value.toLocaleString('en', { maximumFractionDigits: 1 });
  const kernel = (side: SideReadings | undefined, whose: (id: string) => string) =>
    side && `${whose(side.bootId)} (${side.bootId.slice(0, 8)})`;
  const rows: readonly Row[] = [
    measured('Start', machine?.start, container?.start, (ms) => `${number(ms / 1000)} s`),
    measured('Memory', machine?.memory, container?.memory, (bytes) => `${number(bytes / MIB)} MB`),
    measured(
      'Written to disk',
      machine?.disk,
      container?.disk,
      (bytes) => `${number(bytes / MIB)} MB`,
    ),
    measured('Processes', machine?.processes, container?.processes, number),
    {
      name: 'Kernel',
      machine: kernel(machine, () => 'its own'),
      container: kernel(container, (id) => (id === hostBootId ? 'the machine’s' : 'another')),
    },
    measured(
      'How many fit into 1 GB',
      machine && Math.floor((1024 * MIB) / machine.memory),
      container && Math.floor((1024 * MIB) / container.memory),
      number,
    ),
  ];
  return (
    <table className={styles['compare']}>
      <caption className="visually-hidden">What a machine and a container cost</caption>
      <thead>
        <tr>
          <th scope="col">what</th>
          <th scope="col">machine {props.other}</th>
          <th scope="col">container {props.container}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row">{row.name}</th>
            <Cell value={row.machine} share={row.shares?.[0]} side="machine" />
            <Cell value={row.container} share={row.shares?.[1]} side="container" />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface Row {
  readonly name: string;
  readonly machine: string | undefined;
  readonly container: string | undefined;
  /** of the larger one, 0 to 1 */
  readonly shares?: readonly [machine: number, container: number];
}

function measured(
  name: string,
  machine: number | undefined,
  container: number | undefined,
  words: (value: number) => string,
): Row {
  const most = Math.max(machine ?? 0, container ?? 0, Number.EPSILON);
  return {
    name,
    machine: machine === undefined ? undefined : words(machine),
    container: container === undefined ? undefined : words(container),
    shares: [(machine ?? 0) / most, (container ?? 0) / most],
  };
}

function Cell({
  value,
  share,
  side,
}: {
  readonly value: string | undefined;
  readonly share: number | undefined;
  readonly side: 'machine' | 'container';
}) {
  return (
    <td>
      {value ?? '…'}
      {value !== undefined && share !== undefined && (
        <div className={styles[side]} style={{ width: `${share * 100}%` }} />
      )}
    </td>
  );
}

function useReadings({ container, machine, other, others }: CompareViewProps): Readings {
  const [readings, setReadings] = useState<Readings>({});
  useEffect(() => {
    let stopped = false;
    const read = async (): Promise<void> => {
      if (document.hidden) return;
      const beside = others.running(other);
      const [outside, inside, hostBootId] = await Promise.all([
        beside && readMachine(beside, others.startMs(other)),
        readContainer(machine, container),
        readBootId(machine),
      ]);
      if (stopped) return;
      setReadings({
        hostBootId,
        ...(inside === undefined ? {} : { container: inside }),
        ...(outside === undefined ? {} : { machine: outside }),
      });
    };
    // A reading that fails while a machine goes away is no news.
    const ask = () => void read().catch(() => {});
    const timer = setInterval(ask, INTERVAL_MS);
    ask();
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [container, machine, other, others]);
  return readings;
}
