import { isFull, storageRefused } from '../../ui/storage-health.ts';
import type { Failure } from './failures.ts';

/** The eight bytes every WebAssembly module starts with: an empty module. */
const emptyModule = new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/** What this browser lacks for a machine to run at all, if anything. */
export function missingCapability(): Failure | undefined {
  const wasm = typeof WebAssembly === 'object' && WebAssembly.validate(emptyModule);
  if (!wasm) {
    return {
      title: 'This browser has no WebAssembly',
      why: 'Drydock emulates a PC with WebAssembly. It is switched off here, as a lockdown mode or a company policy may do, or this browser is too old to have it.',
      advice: [
        'Use a current Chrome, Edge, Firefox or Safari.',
        'In Safari with Lockdown Mode, exclude this site from it.',
        'Ask who manages this browser to allow WebAssembly on this site.',
      ],
      retry: false,
    };
  }
  if (typeof Worker !== 'function' || typeof ReadableStream !== 'function') {
    return {
      title: 'This browser is too old',
      why: 'Drydock runs each machine in a worker of its own and moves data through streams. This browser lacks one of the two.',
      advice: ['Update the browser, or use a current Chrome, Edge, Firefox or Safari.'],
      retry: false,
    };
  }
  return undefined;
}

/** Whether what is written in this window can still be there next time. */
export async function storageIsKept(): Promise<boolean> {
  try {
    const key = 'drydock.probe';
    localStorage.setItem(key, '1');
    localStorage.removeItem(key);
    await navigator.storage.getDirectory();
    return true;
  } catch (error) {
    storageRefused(error);
    // What was kept before is there, although there is no room for more.
    return isFull(error);
  }
}
