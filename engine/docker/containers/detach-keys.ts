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

/**
 * Passes keys on until the sequence was typed; half a sequence waits for the next key. As in
 * Docker, only keys that come one by one count: what was pasted is input.
 */
export class DetachScanner {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  /** `detached` once the whole sequence has come; `bytes` are those to pass on. */
  scan(input: Uint8Array): { readonly bytes: Uint8Array; readonly detached: boolean } {
    if (input.length === 1 && input[0] === this.#keys[this.#matched]) {
      this.#matched++;
      return { bytes: new Uint8Array(0), detached: this.#matched === this.#keys.length };
    }
    const held = this.#keys.slice(0, this.#matched);
    this.#matched = 0;
    return {
      bytes: held.length === 0 ? input : Uint8Array.from([...held, ...input]),
      detached: false,
    };
  }
}
