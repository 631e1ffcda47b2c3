import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { systemClock } from '../../base/clock.ts';
import { cryptoRandom } from '../../base/random.ts';
import { FileArtifactSource } from '../artifacts/file-artifact-source.node.ts';
import type { MachineHost } from '../machine-host.ts';
import { openFile } from '../trees/open-file.node.ts';
import type { GuestDirectories } from './guest-directories.node.ts';

/** What a machine needs, from this computer's file system. */
export function nodeMachineHost(directories: GuestDirectories): MachineHost {
  return {
    source: new FileArtifactSource({ guest: directories.guest, states: directories.states }),
    wasm: async () =>
      WebAssembly.compile(
        await readFile(createRequire(import.meta.url).resolve('v86/build/v86.wasm')),
      ),
    clock: systemClock,
    random: cryptoRandom,
    openFile,
    onCrash(error) {
      throw error;
    },
  };
}
