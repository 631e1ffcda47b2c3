import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { systemClock } from '../../base/clock.ts';
import { cryptoRandom } from '../../base/random.ts';
import { FileArtifactSource } from '../artifacts/file-artifact-source.node.ts';
import type { MachineHost } from '../machine-host.ts';
import { openFile } from '../trees/open-file.node.ts';
import type { GuestDirectories } from './guest-directories.node.ts';

/**
 * Compiles `v86.wasm` so that V8 optimises it as it gets hot, and leaves what v86 generates later to
 * V8's quick compiler: optimising that took more processor time than it saved (docs/decisions/003).
 * The flags are V8's and hold for the whole process; a module keeps what it was compiled with.
 */
async function compileEmulator(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('v86/build/v86.wasm');
  const code = await readFile(path);
  setFlagsFromString('--wasm-dynamic-tiering');
  setFlagsFromString('--wasm-tier-up');
  const module = await WebAssembly.compile(code);
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-wasm-tier-up');
  return module;
}

/** What a machine needs, from this computer's file system. */
export function nodeMachineHost(directories: GuestDirectories): MachineHost {
  return {
    source: new FileArtifactSource({ guest: directories.guest, states: directories.states }),
    wasm: compileEmulator,
    clock: systemClock,
    random: cryptoRandom,
    openFile,
    warmUp: false,
    onCrash(error) {
      throw error;
    },
  };
}
