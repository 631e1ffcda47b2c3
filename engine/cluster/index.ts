/** The facade for pages. */
import type { Lab, ProfileDownload } from '../api/lab.ts';
import type { ProfileName } from '../api/machine.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { FetchArtifactSource } from '../machine/artifacts/fetch-artifact-source.ts';
import { spawnBrowserMachine } from '../machine/worker/browser-machine.ts';
import { spawnBrowserDocker } from './browser-docker.ts';
import { spawnBrowserHub } from './browser-hub.ts';
import { WorkerLab } from './lab.ts';
import { profileDownload } from './profile-download.ts';

const artifacts = new URL('./', location.href).href;

/** What it takes to go on with a machine of another profile, beyond what one of profile `present` has fetched. */
export function downloadOf(profile: ProfileName, present: ProfileName): Promise<ProfileDownload> {
  return profileDownload(
    new FetchArtifactSource(artifacts, { clock: systemClock }),
    profile,
    present,
  );
}

/** A lab without machines. The machines' parts are fetched from beside the page. */
export function openLab(): Lab {
  return new WorkerLab({
    spawnMachine: spawnBrowserMachine,
    spawnDocker: spawnBrowserDocker,
    spawnHub: spawnBrowserHub,
    artifacts,
    clock: systemClock,
  });
}

/** The page's clock, for what takes one. */
export const pageClock: Clock = systemClock;
