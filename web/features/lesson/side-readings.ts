import type { LabMachine } from '../../../engine/api/lab.ts';

/** What one side of a comparison costs; what is not known yet is absent. */
export interface SideReadings {
  /** milliseconds from nothing to a first process */
  readonly start?: number;
  /** bytes that it keeps from others */
  readonly memory: number;
  /** bytes written since it began */
  readonly disk: number;
  /** random id that a kernel makes up when it boots */
  readonly bootId: string;
  readonly processes: number;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/** @param start milliseconds that the machine took */
export async function readMachine(
  machine: LabMachine,
  start: number | undefined,
): Promise<SideReadings> {
  const { memoryBytes, diskWrittenBytes } = await machine.metrics();
  const processes = await machine.files.list('/proc');
  return {
    ...(start === undefined ? {} : { start }),
    memory: memoryBytes,
    disk: diskWrittenBytes,
    bootId: await readText(machine, BOOT_ID),
    processes: processes.filter(({ name }) => /^\d+$/.test(name)).length,
  };
}

interface Inspected {
  readonly Id: string;
  readonly Created: string;
  readonly State: { readonly Running: boolean; readonly Pid: number; readonly StartedAt: string };
  /** bytes of its writable layer */
  readonly SizeRw?: number;
}

/** Undefined while no such container runs. */
export async function readContainer(
  machine: LabMachine,
  name: string,
): Promise<SideReadings | undefined> {
  const url = `http://docker/containers/${encodeURIComponent(name)}/json?size=1`;
  const { status, body } = await machine.docker({
    method: 'GET',
    url,
    headers: new Headers({ host: 'docker' }),
    body: null,
  });
  const text = await new Response(body).text();
  if (status !== 200) return undefined;
  const { Id, Created, State, SizeRw = 0 } = JSON.parse(text) as Inspected;
  if (!State.Running) return undefined;
  const group = `/sys/fs/cgroup/docker/${Id}`;
  return {
    start: Date.parse(State.StartedAt) - Date.parse(Created),
    memory: Number(await readText(machine, `${group}/memory.current`)),
    disk: SizeRw,
    bootId: await readText(machine, `/proc/${State.Pid}/root${BOOT_ID}`),
    processes: Number(await readText(machine, `${group}/pids.current`)),
  };
}

export function readBootId(machine: LabMachine): Promise<string> {
  return readText(machine, BOOT_ID);
}

async function readText(machine: LabMachine, path: string): Promise<string> {
  return new TextDecoder().decode(await machine.files.read(path)).trim();
}
