import type { LabMachine, MachineState, Stop } from '../../../engine/api/lab.ts';

/**
 * Tells what a machine has written to its serial port and what it writes, from when it runs until it is stopped or the
 * returned function is called. The stream of a machine that gave way stays open, for its worker goes on with another
 * machine: it is left here. That of one that failed ends with its worker, after its last words.
 */
export function followSerial(machine: LabMachine, onText: (text: string) => void): Stop {
  const end = new AbortController();
  const { signal } = end;
  let isReading = false;
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    const serial = await machine.serial();
    const sink = new WritableStream<Uint8Array>({
      write: (chunk) => onText(decoder.decode(chunk, { stream: true })),
    });
    await serial.pipeTo(sink, { signal });
  };
  const look = ({ kind }: MachineState): void => {
    if (kind === 'stopped') end.abort();
    if (isReading || (kind !== 'running' && kind !== 'paused')) return;
    isReading = true;
    // Why it breaks off is no news here: the machine's state says so.
    void read().catch(() => {});
  };
  const stop = machine.onState(look);
  look(machine.state());
  return () => {
    stop();
    end.abort();
  };
}
