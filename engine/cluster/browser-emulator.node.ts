import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { COMPILE_THRESHOLD, withCompileThreshold } from '../machine/emulator/compile-threshold.ts';

const file = path.join(import.meta.dirname, '../../build/emulator/v86.wasm');

/**
 * Writes the emulator's module that a machine's worker loads in a browser. A plugin for Vite: before that worker is bundled. It is here because
 * who builds the page knows no more of the engine than this folder.
 */
export const browserEmulator = {
  name: 'drydock-emulator',
  buildStart(): void {
    const wasm = readFileSync(createRequire(import.meta.url).resolve('v86/build/v86.wasm'));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, withCompileThreshold(wasm, COMPILE_THRESHOLD));
  },
};
