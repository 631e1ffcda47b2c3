import type { ProfileName } from '../../api/machine.ts';
import type { ChunkReference } from '../disks/chunk-store.ts';
import { MachineError } from '../machine-error.ts';
import type { TreeServerState } from '../trees/tree-server.ts';

/** What a state needs beside the emulator's memory. JSON-safe. */
export interface StateHeader {
  readonly trees: TreeServerState;
}

/** Raised when `PreparedState` changes: states of another version are made again. */
export const PREPARED_VERSION = 2;

/** `states/<name>.json`: describes a prepared state. */
export interface PreparedState {
  readonly formatVersion: typeof PREPARED_VERSION;
  readonly profile: ProfileName;
  /** MiB */
  readonly memory: number;
  /** `artifactHash` of the guest it was made from */
  readonly artifacts: string;
  /** file beside this one: v86's state, zstd */
  readonly file: string;
  /** bytes of that file */
  readonly size: number;
  /** bytes of v86's state in it */
  readonly stateSize: number;
  readonly header: StateHeader;
  /** disk chunks on the way to a shell's prompt, in order: fetched at once */
  readonly chunks: readonly ChunkReference[];
  /** those of the commands that are likely next: fetched when the machine is idle */
  readonly laterChunks: readonly ChunkReference[];
}

/** Name of a prepared state: the profile's, with the memory when that is not the profile's own. */
export function stateName(profile: ProfileName, memory: number, profileMemory: number): string {
  return memory === profileMemory ? profile : `${profile}-${memory}`;
}

const MAGIC = 'DRYDOCK1';
const HEADER_START = MAGIC.length + 4;

/** A state in one piece, for `SavedMachine.state`: magic, header length, header as JSON, gzip of v86's state. */
export async function packState(header: StateHeader, state: ArrayBuffer): Promise<Blob> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  // gzip, because every browser and Node has it built in; it is not what is downloaded.
  const body = await new Response(
    new Blob([state]).stream().pipeThrough(new CompressionStream('gzip')),
  ).blob();
  return new Blob([MAGIC, length, json, body], { type: 'application/octet-stream' });
}

/** Undoes `packState`. */
export async function unpackState(
  blob: Blob,
): Promise<{ header: StateHeader; state: ArrayBuffer }> {
  const start = await blob.slice(0, HEADER_START).arrayBuffer();
  if (new TextDecoder().decode(start.slice(0, MAGIC.length)) !== MAGIC) {
    throw new MachineError('STATE_MISMATCH', 'This is not a saved machine.');
  }
  const end = HEADER_START + new DataView(start).getUint32(MAGIC.length);
  try {
    const header = JSON.parse(await blob.slice(HEADER_START, end).text()) as StateHeader;
    const state = await new Response(
      blob.slice(end).stream().pipeThrough(new DecompressionStream('gzip')),
    ).arrayBuffer();
    return { header, state };
  } catch (error) {
    throw new MachineError('STATE_MISMATCH', 'The saved machine is damaged.', { cause: error });
  }
}
