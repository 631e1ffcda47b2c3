import { badRequest } from '../api/api-error.ts';

/** ctrl-p, ctrl-q */
const DEFAULT = [16, 17];
const CONTROL = '@abcdefghijklmnopqrstuvwxyz[\\]^_';

/** `ctrl-p,ctrl-q` or single characters, separated by commas. Throws 400. */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === '') return DEFAULT;
  return text.split(',').map((key) => {
    const control = /^ctrl-(.)$/.exec(key)?.[1]?.toLowerCase();
    const code =
      control === undefined
        ? key.length === 1
          ? key.charCodeAt(0)
          : -1
        : CONTROL.indexOf(control);
    if (code < 0) throw badRequest(`Unknown character: '${key}'`);
    return code;
  });
}

/** Passes keys on until the sequence was typed; half a sequence waits for the next key. */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** `detached` once the whole sequence has come; `bytes` are those before it. */
  scan(input: Uint8Array): { readonly bytes: Uint8Array; readonly detached: boolean } {
    const passed: number[] = [];
    for (const byte of input) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length)
          return { bytes: Uint8Array.from(passed), detached: true };
        continue;
      }
      passed.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) passed.push(byte);
    }
    return { bytes: Uint8Array.from(passed), detached: false };
  }
}
