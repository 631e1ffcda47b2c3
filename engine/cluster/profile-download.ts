import type { ProfileDownload } from '../api/lab.ts';
import type { ProfileName } from '../api/machine.ts';
import { readJson, type ArtifactSource } from '../machine/artifacts/artifact-source.ts';
import { readManifest } from '../machine/artifacts/guest-manifest.ts';
import { MachineError } from '../machine/machine-error.ts';
import type { PreparedState } from '../machine/states/state-file.ts';

/** What it takes to go on with a machine of another profile, beyond what one of profile `present` has fetched. */
export async function profileDownload(
  source: ArtifactSource,
  profile: ProfileName,
  present: ProfileName,
): Promise<ProfileDownload> {
  const { kernel, profiles } = await readManifest(source);
  const more = Math.max(0, profiles[profile].bytes - profiles[present].bytes);
  try {
    const { size } = await readJson<PreparedState>(source, `states/${profile}.json`);
    return { start: 'restore', bytes: more + size };
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    return { start: 'cold', bytes: more + kernel.size };
  }
}
