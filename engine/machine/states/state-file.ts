import type { ProfileName, SavedMachine } from '../../api/machine.ts';
import type { ChunkReference } from '../disks/chunk-store.ts';
import { MachineError } from '../machine-error.ts';
import type { TreeServerState } from '../trees/tree-server.ts';

/** What a state needs beside the emulator's memory. JSON-safe. */
export interface StateHeader {
  readonly trees: TreeServerState;
}

/** Raised when `PreparedState` changes: states of another version are made again. */
export const PREPARED_VERSION = 3;

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

/** As it is in a file. */
interface PackedHeader extends StateHeader {
  /** bytes of v86's state, which is not compressed then */
  readonly plain?: number;
}

/** A state in one piece, for `SavedMachine.state`: magic, header length, header as JSON, v86's state, as gzip unless it is to be `plain`. */
export async function packState(
  header: StateHeader,
  state: ArrayBuffer,
  plain = false,
): Promise<Blob> {
  const packed: PackedHeader = plain ? { ...header, plain: state.byteLength } : header;
  const json = new TextEncoder().encode(JSON.stringify(packed));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  // gzip, because every browser and Node has it built in; it is not what is downloaded.
  const body = plain
    ? state
    : await new Response(
        new Blob([state]).stream().pipeThrough(new CompressionStream('gzip')),
      ).blob();
  return new Blob([MAGIC, length, json, body], { type: 'application/octet-stream' });
}

interface PackedState {
  readonly header: PackedHeader;
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

async function openState(blob: Blob): Promise<PackedState> {
  const start = await blob.slice(0, HEADER_START).arrayBuffer();
  if (new TextDecoder().decode(start.slice(0, MAGIC.length)) !== MAGIC)
    throw new RangeError('The state begins with something else.');
  const end = HEADER_START + new DataView(start).getUint32(MAGIC.length);
  const header = JSON.parse(await blob.slice(HEADER_START, end).text()) as PackedHeader;
  const rest = blob.slice(end);
  if (header.plain === undefined) return { header, body: gunzip(rest) };
  if (rest.size !== header.plain) throw new RangeError('The state is cut.');
  return { header, body: rest.stream() };
}

function gunzip(blob: Blob): ReadableStream<Uint8Array<ArrayBuffer>> {
  return blob.stream().pipeThrough(new DecompressionStream('gzip'));
}

/** Undoes `packState`. */
export async function unpackState(
  blob: Blob,
): Promise<{ header: StateHeader; state: ArrayBuffer }> {
  try {
    const { header, body } = await openState(blob);
    return { header: { trees: header.trees }, state: await new Response(body).arrayBuffer() };
  } catch (error) {
    throw damaged(error);
  }
}

function damaged(cause: unknown): MachineError {
  return new MachineError('STATE_DAMAGED', 'The saved machine is damaged.', { cause });
}

/** What must be the same in a saved machine and where it is to go on. */
type Identity = Pick<SavedMachine, 'profile' | 'memory' | 'artifacts'>;

/** Throws STATE_MISMATCH when `saved` cannot go on as `here`. */
export function checkIdentity(saved: Identity, here: Identity): void {
  if (saved.profile !== here.profile)
    throw new MachineError(
      'STATE_MISMATCH',
      `The machine was saved with profile ${saved.profile}, and this is profile ${here.profile}.`,
    );
  if (saved.artifacts !== here.artifacts)
    throw new MachineError(
      'STATE_MISMATCH',
      `The machine was saved by another version of Drydock: its kernel or disks (${saved.artifacts}) are not the ones of this version (${here.artifacts}).`,
    );
  if (saved.memory !== here.memory)
    throw new MachineError(
      'STATE_MISMATCH',
      `The machine was saved with ${saved.memory} MiB of memory, and this one has ${here.memory} MiB.`,
    );
}

/** Also reads all of it: throws STATE_DAMAGED when a byte is missing, or wrong in what is compressed. */
export async function checkSaved(saved: SavedMachine, here: Identity): Promise<void> {
  checkIdentity(saved, here);
  try {
    const { body } = await openState(saved.state);
    await body.pipeTo(new WritableStream());
    if (saved.images !== undefined) await gunzip(saved.images).pipeTo(new WritableStream());
  } catch (error) {
    throw damaged(error);
  }
}
