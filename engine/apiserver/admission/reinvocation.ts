import type { ApiObject } from '../registry/api-object.ts';
import { jsonEqual } from '../../objects/json-value.ts';

/** What those who change objects remember between the two runs of admission: who is to be asked again. */
export class Reinvocation {
  /** after the run before */
  #output: ApiObject | undefined;
  /** asked already, and willing to be asked again */
  #willing = new Set<string>();
  readonly #again = new Set<string>();

  /** Begins the second run, with what others have made of the object meanwhile. */
  begin(object: ApiObject | undefined): void {
    if (!jsonEqual(this.#output, object)) this.changed();
  }

  isWanted(id: string): boolean {
    return this.#again.has(id);
  }

  /** Something has changed the object since the willing ones saw it. */
  changed(): void {
    for (const id of this.#willing) this.#again.add(id);
    this.#willing = new Set();
  }

  isWilling(id: string): void {
    this.#willing.add(id);
  }

  end(object: ApiObject | undefined): void {
    this.#output = object;
  }
}
