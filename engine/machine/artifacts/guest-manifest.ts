import type { ProfileName } from '../../api/machine.ts';
import { toHex } from '../../base/hex.ts';
import { readJson, type ArtifactSource } from './artifact-source.ts';

/** A file below `engine/guest/dist`. */
interface GuestFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

interface GuestProfile {
  /** MiB */
  readonly memory: number;
  /** names in `GuestManifest.disks`, in the order of their partitions on /dev/sda */
  readonly partitions: readonly string[];
  /** kernel command line */
  readonly cmdline: string;
  /** of all compressed chunks of its partitions: what a machine fetches at most */
  readonly bytes: number;
}

/** `engine/guest/dist/manifest.json`, as far as a machine needs it. */
export interface GuestManifest {
  readonly formatVersion: 1;
  readonly kernel: GuestFile;
  readonly bios: GuestFile;
  readonly vgaBios: GuestFile;
  readonly disks: Readonly<Record<string, { readonly path: string; readonly sha256?: string }>>;
  readonly profiles: Readonly<Record<ProfileName, GuestProfile>>;
}

/** `disk.json` beside a disk's chunks: `null` is a chunk of zeros; the last may be short. */
export interface DiskIndex {
  /** bytes */
  readonly size: number;
  readonly chunkSize: number;
  /** first 32 hexadecimal digits of the SHA-256 of the uncompressed chunk */
  readonly chunks: readonly (string | null)[];
}

export function readManifest(source: ArtifactSource): Promise<GuestManifest> {
  return readJson<GuestManifest>(source, 'guest/manifest.json');
}

/** A disk's index and the folder of its chunks. */
export async function openDiskIndex(
  source: ArtifactSource,
  manifest: GuestManifest,
  name: string,
): Promise<{ index: DiskIndex; chunks: string }> {
  const disk = manifest.disks[name];
  if (disk === undefined) throw new RangeError(`The guest manifest has no disk ${name}.`);
  const path = `guest/${disk.path}`;
  return {
    index: await readJson<DiskIndex>(source, path),
    chunks: `${path.slice(0, path.lastIndexOf('/'))}/chunks`,
  };
}

export async function sha256(content: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', content)));
}

/**
 * Layout of the devices as the guest sees them. Raised when this program changes it, so that
 * states saved before are refused.
 */
const DEVICE_LAYOUT = 3;

/**
 * Identifies everything a saved state of a profile depends on: kernel, disks, command line and the
 * emulator's devices. 16 hexadecimal digits.
 */
export async function artifactHash(
  manifest: GuestManifest,
  profile: ProfileName,
  emulatorVersion: string,
): Promise<string> {
  const { memory, partitions, cmdline } = manifest.profiles[profile];
  const disks = [...partitions, 'scratch'].map((name) => manifest.disks[name]);
  const parts = [
    DEVICE_LAYOUT,
    emulatorVersion,
    manifest.kernel,
    manifest.bios,
    manifest.vgaBios,
    memory,
    cmdline,
    disks,
  ];
  return (await sha256(new TextEncoder().encode(JSON.stringify(parts)))).slice(0, 16);
}
