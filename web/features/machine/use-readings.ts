import { useEffect, useState } from 'react';
import type { LabMachine } from '../../../engine/api/lab.ts';
import type { MachineStats } from '../../../engine/api/agent.ts';
import { append, emulatorRates, guestRates, type Series } from './readings.ts';

/** Milliseconds between readings of the emulator: free for the machine. */
const emulatorInterval = 1000;
/** Milliseconds between readings from inside, which cost the machine a little work. */
const guestInterval = 2000;

export interface EmulatorReadings {
  readonly cpu: Series;
  readonly instructions: Series;
}

const noEmulatorReadings: EmulatorReadings = { cpu: [], instructions: [] };

/** Readings of the emulator while the page is visible and `active`. */
export function useEmulatorReadings(machine: LabMachine, active: boolean): EmulatorReadings {
  const [readings, setReadings] = useState(noEmulatorReadings);
  useEffect(() => {
    if (!active) return;
    let stopped = false;
    let last: { metrics: Awaited<ReturnType<LabMachine['metrics']>>; time: number } | undefined;
    const read = async () => {
      if (document.hidden) {
        last = undefined;
        return;
      }
      const metrics = await machine.metrics();
      const time = performance.now();
      if (stopped) return;
      if (last) {
        const rates = emulatorRates(last.metrics, metrics, time - last.time);
        setReadings(({ cpu, instructions }) => ({
          cpu: append(cpu, rates.cpu),
          instructions: append(instructions, rates.instructionsPerSecond),
        }));
      }
      last = { metrics, time };
    };
    // A reading that fails while the machine goes away is no news; its state says so.
    const timer = setInterval(() => void read().catch(() => {}), emulatorInterval);
    void read().catch(() => {});
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [machine, active]);
  return readings;
}

export interface GuestReadings {
  readonly latest?: MachineStats;
  readonly memory: Series;
  readonly disk: Series;
  readonly network: Series;
}

const noGuestReadings: GuestReadings = { memory: [], disk: [], network: [] };

/** Readings from inside the machine while `active`. */
export function useGuestReadings(machine: LabMachine, active: boolean): GuestReadings {
  const [readings, setReadings] = useState(noGuestReadings);
  useEffect(() => {
    if (!active) return;
    let last: MachineStats | undefined;
    const listening = machine.onStats(guestInterval, (stats) => {
      const rates = last && guestRates(last, stats);
      last = stats;
      setReadings(({ memory, disk, network }) => ({
        latest: stats,
        memory: append(memory, stats.memory.total - stats.memory.available),
        disk: rates ? append(disk, rates.diskRead + rates.diskWritten) : disk,
        network: rates ? append(network, rates.received + rates.sent) : network,
      }));
    });
    listening.catch(() => {});
    return () => void listening.then((stop) => stop()).catch(() => {});
  }, [machine, active]);
  return readings;
}
